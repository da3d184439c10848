"""A `Procfile`: how what an image or a step holds is started on this machine."""

from __future__ import annotations

from pathlib import Path

_BUILTINS = ("exec ", "cd ", ". ", "export ", "set ", "ulimit ", "umask ")


def web(folder: Path) -> str:
    """What the folder's `Procfile` says after `web:`, for a shell; empty if there is none, or it says nothing.

    A command without shell syntax replaces the shell, so that there is one process to signal, not two.
    """
    try:
        lines = (folder / "Procfile").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    commands = [command.strip() for name, _, command in (line.partition(":") for line in lines) if name == "web"]
    if not commands or not commands[0]:
        return ""
    plain = not set(commands[0]) & set(";&|()<>`\n") and not commands[0].startswith(_BUILTINS)
    return f"exec env {commands[0]}" if plain else commands[0]
