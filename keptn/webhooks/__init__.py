"""From a registry's or a monitor's notification to the events that it starts."""
