"""Files that a user names on the command line."""

from __future__ import annotations

from pathlib import Path

from keptn.errors import KeptnError


def read(path: Path) -> bytes:
    """The file's bytes. Raises KeptnError for what cannot be read."""
    try:
        return path.expanduser().read_bytes()
    except FileNotFoundError:
        raise KeptnError(f"there is no file {path}; correct the path") from None
    except IsADirectoryError:
        raise KeptnError(f"{path} is a folder, not a file; name the file in it") from None
    except OSError as exc:
        raise KeptnError(f"{path} cannot be read: {exc.strerror}") from exc


def read_text(path: Path) -> str:
    """The file's text. Raises KeptnError for what is no UTF-8 text."""
    try:
        return read(path).decode()
    except UnicodeDecodeError as exc:
        raise KeptnError(f"{path} is no UTF-8 text (byte {exc.start}); save it as UTF-8") from exc
