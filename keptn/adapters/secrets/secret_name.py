"""What a secret and its keys may be called, the same in every adapter. Source: Kubernetes, Secret data keys."""

from __future__ import annotations

import re

from keptn.errors import Refused

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def check(text: str, *, kind: str) -> None:
    """Raises Refused; kind: secret, or key."""
    if not is_name(text):
        raise Refused(f"{text[:80]!r} cannot name a {kind}; use letters, digits, '-', '_' and '.', no dot first")
