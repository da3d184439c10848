"""The examples that end every command's help. A test runs through all commands and misses none."""

from __future__ import annotations


def example(*commands: str) -> str:
    r"""An epilog for click that keeps its lines (`\b`)."""
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n".join(("\b", title, *(f"  {command}" for command in commands)))
