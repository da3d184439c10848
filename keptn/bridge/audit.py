"""A project's audit log: who did what and why, newest first, narrowed by a form; and as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn import events
from keptn.bridge import looks
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.events import Event
from keptn.records import who
from keptn.web import Answer

MOST_LINES, AT_ONCE = 1000, 100
"""Of a file of JSON Lines, and how many of them are asked for at once."""
_FIELDS = ("type", "stage", "service", "by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as a line. person: who stood behind it; empty where keptn or another system did it by itself."""

    event: Event
    name: str
    person: str
    why: str
    look: Look | None


def index(visit: Visit) -> Answer:
    project, token = visit.path["project"], visit.query("from")
    wanted = _wanted(visit)
    about = visit.project(project)["stages"]
    found = visit.get("event", project=project, pageSize=50, nextPageKey=token, **wanted)
    entries = [_entry(events.from_dict(one)) for one in found["events"]]
    return visit.page(
        "audit.html",
        project=project,
        wanted=wanted,
        token=token,
        entries=entries,
        following=found["nextPageKey"],
        stages=[one["stageName"] for one in about],
        services=sorted({name for one in about for name in one["services"]}),
        types=sorted({entry.name for entry in entries}),
        people=sorted({entry.person for entry in entries if entry.person}),
        most=MOST_LINES,
    )


def lines(visit: Visit) -> Answer:
    """The newest events that match as a file, one in a line. Where there are more, `Link` says how to go on."""
    project, token = visit.path["project"], visit.query("from")
    wanted, told = _wanted(visit), list[Mapping[str, Any]]()
    while len(told) < MOST_LINES:
        found = visit.get("event", project=project, pageSize=AT_ONCE, nextPageKey=token, **wanted)
        told += found["events"]
        if not (token := found["nextPageKey"]):
            break
    more = visit.link("project", project, "audit.jsonl", **wanted, **{"from": token})
    headers = [("Content-Disposition", 'attachment; filename="audit.jsonl"')]
    headers += [("Link", f'<{more}>; rel="next"')] if token else []
    text = "".join(f"{json.dumps(one)}\n" for one in told)
    return Answer(body=text.encode(), content_type="application/jsonl", headers=tuple(headers))


def _wanted(visit: Visit) -> dict[str, str]:
    return {name: visit.query(name).strip() for name in _FIELDS}


def _entry(event: Event) -> Entry:
    return Entry(
        event=event,
        name=event.type.removeprefix(events.PREFIX),
        person=who.person(event),
        why=event.message or str(event.data.get("reason") or "") or who.reason(event),
        look=looks.of_event(event),
    )
