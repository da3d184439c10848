"""Which of several tags of one repository is the newest, together or one after another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keptn.context import Context
from keptn.errors import LostRace
from keptn.projects.artifacts import Owner
from keptn.records import objects
from keptn.webhooks.senders.registries import Push

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?")
Version = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def newest(pushes: Sequence[Push]) -> Push:
    """The highest version if every tag is one, else the one that was told last."""
    versions = [version(push.tag) for push in pushes]
    ranked = [(found, position) for position, found in enumerate(versions) if found]
    return pushes[max(ranked)[1]] if len(ranked) == len(pushes) else pushes[-1]


def overtaken_by(tag: str, owner: Owner, ctx: Context) -> str:
    """The newer version of the service that came before; empty if there is none, and then it is remembered.

    It is known as long as what arrived is kept (`KEPTN_RETENTION_DAYS`). Raises Unavailable.
    """
    name, own = objects.newest_version(owner.project, owner.service), version(tag)
    while True:
        stored = ctx.store.get(name)
        known = stored.data.decode() if stored else ""
        before = version(known)
        if own is None or (before and before > own):
            return known if own else ""
        try:
            ctx.store.put(name, tag.encode(), if_generation=stored.generation if stored else 0)
        except LostRace:
            continue
        return ""


def version(tag: str) -> Version | None:
    """A key that sorts as Semantic Versioning 2.0 does (item 11); two numbers are a version too. None: it is none."""
    match = _VERSION.fullmatch(tag)
    if match is None:
        return None
    major, minor, patch = (int(number or 0) for number in match.group(1, 2, 3))
    before = (match[4] or "").split(".") if match[4] else []
    parts = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in before)
    return major, minor, patch, not parts, parts
