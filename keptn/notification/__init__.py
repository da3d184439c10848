"""Notifications: who wants to hear what, and how an event is told to people (chat) and machines (CDEvents). Pure."""
