"""Routers of user traffic."""
