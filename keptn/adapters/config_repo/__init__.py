"""Config repos: Git."""
