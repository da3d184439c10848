"""The audit log: every event, kept whole and found again by context, by id, and newest first by project.

`record` writes it, `api` reads it. It only creates objects, and no read costs more than a page (ARCHITECTURE.md, cost
does not grow with history).

    events/<context>/<time>-<id>.json                          the event
    event-ids/<id>                                             its object's name
    event-index/<project>/<reversed time>,<type>,<stage>,<service>,<id>   its object's name
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from keptn import events
from keptn.errors import LostRace
from keptn.events import Event
from keptn.ports import ObjectStore
from keptn.records import objects

MAX_SCANNED = 2000
"""Names a filtered query looks at before it answers with what it has and a token to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Some events and where the next ones begin; an empty token: there are no more."""

    events: Sequence[Event]
    next_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to look for; empty means any. type: whole, or without `sh.keptn.event.`."""

    type: str = ""
    stage: str = ""
    service: str = ""

    def fits(self, event: Event) -> bool:
        return self.takes(event.type, event.scope.stage, event.scope.service)

    def takes(self, event_type: str, stage: str, service: str) -> bool:
        types = ("", event_type, event_type.removeprefix(events.PREFIX))
        return self.type in types and self.stage in ("", stage) and self.service in ("", service)


def keep(store: ObjectStore, event: Event) -> None:
    """Write the event, once: the index first, so that what is found by context is found everywhere."""
    name = objects.event(event)
    _create(store, objects.event_id(event.id), name.encode())
    if event.scope.project:
        _create(store, objects.index_entry(event), name.encode())
    _create(store, name, json.dumps(events.to_dict(event)).encode())


def by_id(store: ObjectStore, event_id: str) -> Event | None:
    found = store.get(objects.event_id(event_id))
    return _read(store, found.data.decode()) if found else None


def of_context(store: ObjectStore, context: str, *, limit: int = 100, token: str = "") -> EventPage:
    """The events of one delivery, oldest first."""
    page = store.list(objects.events(context), limit=limit, token=token)
    return EventPage(events=_all(store, page.names), next_token=page.next_token)


def newest(store: ObjectStore, project: str, *, wanted: EventFilter, limit: int = 20, token: str = "") -> EventPage:
    """The project's events that match, newest first. token: from the page before."""
    prefix = objects.index(project)
    names: list[str] = []
    for scanned, name in enumerate(_names(store, prefix, start=token)):
        if len(names) == limit or scanned == MAX_SCANNED:
            return EventPage(events=_pointed(store, names), next_token=name)
        if _matches(name.removeprefix(prefix), wanted):
            names.append(name)
    return EventPage(events=_pointed(store, names))


def _names(store: ObjectStore, prefix: str, *, start: str) -> Iterator[str]:
    token = ""
    while True:
        page = store.list(prefix, start_offset=start, limit=200, token=token)
        yield from page.names
        if not (token := page.next_token):
            return


def _matches(entry: str, wanted: EventFilter) -> bool:
    _, event_type, stage, service, _ = (unquote(part) for part in entry.split(",", 4))
    return wanted.takes(event_type, stage, service)


def _pointed(store: ObjectStore, names: Sequence[str]) -> Sequence[Event]:
    return _all(store, [found.data.decode() for name in names if (found := store.get(name))])


def _all(store: ObjectStore, names: Sequence[str]) -> Sequence[Event]:
    return [event for name in names if (event := _read(store, name))]


def _read(store: ObjectStore, name: str) -> Event | None:
    stored = store.get(name)
    return events.from_dict(json.loads(stored.data)) if stored else None


def _create(store: ObjectStore, name: str, data: bytes) -> None:
    with suppress(LostRace):  # it is there already: the same event, delivered again
        store.put(name, data, if_generation=0)
