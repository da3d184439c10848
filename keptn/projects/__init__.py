"""Projects, their stages, services and artifacts: made, onboarded, looked up and deleted."""
