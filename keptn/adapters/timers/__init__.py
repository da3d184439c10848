"""Timers, and what makes the clock tick while there are some."""
