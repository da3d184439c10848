"""What a name in an object store may be, the same in every adapter: what Google Cloud Storage accepts."""

from __future__ import annotations

from keptn.errors import Refused

MAX_BYTES = 1024
_NO_NAMES = (".", "..")
"""In a URL they would be the bucket itself."""


def checked(name: str) -> str:
    """The name itself. Raises Refused: a name comes from events, so a bad one is an event that cannot be done.

    Source: Google Cloud Storage, object name requirements.
    """
    try:
        size_bytes = len(name.encode())
    except UnicodeEncodeError as exc:
        raise Refused(f"the object name {name[:80]!r} is no valid Unicode; correct the event it comes from") from exc
    if not 0 < size_bytes <= MAX_BYTES or "\n" in name or "\r" in name or "\0" in name or name in _NO_NAMES:
        raise Refused(
            f"the object name {name[:80]!r} ({size_bytes} bytes) must have 1 to {MAX_BYTES} bytes, no line break, and "
            "not be a dot or two; correct the ids in the event it comes from"
        )
    return name
