"""The routes of `api`: what people, CI jobs and remote executors ask for, over the ports of a Context."""
