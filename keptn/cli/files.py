"""Files that a user names on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from keptn.errors import KeptnError, Refused
from keptn.web import MAX_BODY_BYTES, json_value, size

LARGEST = 64 * 1024 * 1024
"""Of what is read at all: a device may have no end."""
MOST_BYTES = MAX_BODY_BYTES * 11 // 16
"""Of a file in a request: in base64 it is a third larger, and the request holds a little more."""


def read(path: Path) -> bytes:
    """The file's bytes. Raises KeptnError for what cannot be read."""
    try:
        return limited(path)
    except FileNotFoundError:
        raise KeptnError(f"there is no file {path}; correct the path") from None
    except IsADirectoryError:
        raise KeptnError(f"{path} is a folder, not a file; name the file in it") from None
    except OSError as exc:
        raise KeptnError(f"{path} cannot be read: {exc.strerror}") from exc


def limited(path: Path) -> bytes:
    """The same, for who has sentences of its own. Raises OSError; Refused for one that is too large."""
    with path.expanduser().open("rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise Refused(f"{path} is larger than {size(LARGEST)}, or has no end; name a file that you wrote")
    return found


def read_text(path: Path) -> str:
    """The file's text. Raises KeptnError for what is no UTF-8 text."""
    try:
        return read(path).decode()
    except UnicodeDecodeError as exc:
        raise KeptnError(f"{path} is no UTF-8 text (byte {exc.start}); save it as UTF-8") from exc


def to_send(path: Path) -> bytes:
    """The bytes of a file that goes to the api. Raises KeptnError for one that is empty or larger than it takes."""
    content = read(path)
    if not content.strip():
        raise KeptnError(f"{path} is empty; write what it shall say, or name another file")
    if len(content) > MOST_BYTES:
        told = f"the file {path} is {size(len(content))}, larger than {size(MOST_BYTES)}"
        raise KeptnError(f"{told}; keep what is larger elsewhere, and its address here")
    return content


def text_to_send(path: Path) -> str:
    """As `to_send`, and `read_text`."""
    to_send(path)
    return read_text(path)


def event_to_send(path: Path) -> dict[str, Any]:
    """An event in a file. Raises KeptnError with file and line."""
    try:
        event = json_value(text_to_send(path))
    except ValueError as exc:
        line = f":{exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise KeptnError(f"{path}{line}: the event is no JSON: {exc}") from exc
    if not isinstance(event, dict):
        raise KeptnError(f"{path}: the event must be a JSON object")
    return event
