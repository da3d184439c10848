"""Outgoing HTTP: calls, and events to the Broker."""
