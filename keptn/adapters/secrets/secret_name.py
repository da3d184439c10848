"""What a secret and its keys may be called, and what a value is; the same in every adapter.

Source: Kubernetes, Secret data keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from keptn.errors import Refused

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def check(text: str, *, kind: str) -> None:
    """Raises Refused; kind: secret, or key."""
    if not is_name(text):
        raise Refused(f"{text[:80]!r} cannot name a {kind}; use letters, digits, '-', '_' and '.', no dot first")


def left(there: Mapping[str, str], *, instead_of: str) -> dict[str, str]:
    """What stays of the keys when those that begin so go; all, if nothing is said."""
    return {key: value for key, value in there.items() if not instead_of or not key.startswith(instead_of)}


def text(value: bytes, *, name: str, key: str) -> str:
    """The value of a secret's key. Raises Refused: what is no text is no password, and a part of it opens nothing."""
    try:
        return value.decode()
    except UnicodeDecodeError as exc:
        raise Refused(f"the key {key!r} of the secret {name!r} is no text in UTF-8; put it there as text") from exc
