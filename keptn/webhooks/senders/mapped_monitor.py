"""A monitor that a mapping file describes: its entries become problems. Pure.

`state` must come out as `open` or `resolved`, by `map`; the rest is ignored, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from keptn.events import utc
from keptn.webhooks import slots
from keptn.webhooks.mappings import reading
from keptn.webhooks.mappings.file import SenderMapping
from keptn.webhooks.mappings.reading import Entry
from keptn.webhooks.senders.monitors import TEST, Notification, Problem
from keptn.webhooks.senders.registries import Ignored, time_of

_STATES = {"open": True, "resolved": False}
_SLOT = ("project", "stage", "service", "namespace", "severity")


def read(mapping: SenderMapping, body: object, headers: Mapping[str, str]) -> Notification:
    """Every problem of a notification, or why it is none. Raises Undecodable."""
    found = [_problem(entry) for entry in reading.entries(mapping, body, headers)]
    if not found and mapping.each:
        return [Ignored(what=f"a notification of {mapping.title}", why=f"there is nothing at {mapping.each[0]}")]
    return found


def _problem(entry: Entry) -> Problem | Ignored:
    title, pid, state = entry.text("problem"), entry.text("id"), entry.text("state")
    what = title or f"a notification of {entry.mapping.title}"
    if why := entry.why_not or (TEST if entry.text("test") else ""):
        return Ignored(what=what, why=why)
    if state not in _STATES:
        return Ignored(what=what, why=f"its state is {state[:80]!r}, neither 'open' nor 'resolved' by the mapping")
    if not pid:
        return Ignored(what=what, why="it has no id by which its end could be known")
    told = {part: text for part in _SLOT if (text := entry.text(part))}
    labels = {**slots.tags(entry.values("tags")), **told}
    return Problem(
        pid=pid,
        title=title or pid,
        type=entry.text("type") or labels.get("problem_type") or title or pid,
        is_open=_STATES[state],
        starts_at=_started(entry.text("started")),
        digest=entry.text("digest") or labels.get("digest", ""),
        details={"ProblemURL": entry.text("url")} if entry.text("url") else {},
        labels=labels,
    )


def _started(text: str) -> datetime | None:
    written = time_of(text)
    return utc(written) if written else None
