"""SLI providers."""
