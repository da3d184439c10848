"""Which of several tags of one repository is the newest. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keptn.webhooks.senders.registries import Push

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?")
Version = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def newest(pushes: Sequence[Push]) -> Push:
    """The highest version if every tag is one, else the one that was told last."""
    versions = [version(push.tag) for push in pushes]
    ranked = [(found, position) for position, found in enumerate(versions) if found]
    return pushes[max(ranked)[1]] if len(ranked) == len(pushes) else pushes[-1]


def version(tag: str) -> Version | None:
    """A key that sorts as Semantic Versioning 2.0 does (item 11); two numbers are a version too. None: it is none."""
    match = _VERSION.fullmatch(tag)
    if match is None:
        return None
    major, minor, patch = (int(number or 0) for number in match.group(1, 2, 3))
    before = (match[4] or "").split(".") if match[4] else []
    parts = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in before)
    return major, minor, patch, not parts, parts
