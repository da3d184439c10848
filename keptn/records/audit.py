"""The audit log: every event, kept whole and found again by context, by context and id, and newest first by project.

`record` writes it, `api` reads it. It only creates objects, two per event, and no read costs more than a page
(ARCHITECTURE.md, cost does not grow with history).

    events/<context>/<time>-<id>.json                                               the event
    event-index/<project>/<reversed time>,<type>,<stage>,<service>,<context>,<id>   nothing: the name says it all,
                                                                 with `;<person>` where one stood behind it
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from keptn import events
from keptn.errors import LostRace
from keptn.events import Event
from keptn.ports import ObjectStore
from keptn.records import objects, who
from keptn.records.side_by_side import side_by_side

AT_ONCE = 1000
"""Names that a filtered query asks for in one round."""
MAX_SCANNED = 2 * AT_ONCE - 1
"""Names it looks at before it answers with what it has and a token to go on: the next of two rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Some events and where the next ones begin; an empty token: there are no more."""

    events: Sequence[Event]
    next_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to look for; empty means any. type: whole, or without `sh.keptn.event.`. by: a person (`who.fits`)."""

    type: str = ""
    project: str = ""
    stage: str = ""
    service: str = ""
    by: str = ""

    @property
    def types(self) -> Sequence[str]:
        """The whole types that the given one may mean; none for any."""
        return (self.type, events.PREFIX + self.type) if self.type else ()

    def fits(self, event: Event) -> bool:
        scope = event.scope
        of_type = not self.type or event.type in self.types
        names = ((self.project, scope.project), (self.stage, scope.stage), (self.service, scope.service))
        by_him = not self.by or who.fits(who.person(event), self.by)
        return of_type and by_him and all(wanted in ("", there) for wanted, there in names)


ANY = EventFilter()


def keep(store: ObjectStore, event: Event) -> None:
    """Write the event, once: the index first, so that what is found by context is found everywhere."""
    if event.scope.project:
        _create(store, objects.index_entry(event), b"")
    _create(store, objects.event(event), json.dumps(events.to_dict(event)).encode())


def by_id(store: ObjectStore, context: str, event_id: str) -> Event | None:
    """An event of a context, which has a bounded number of them."""
    found = (name for name in _names(store, objects.events(context)) if objects.is_event(name, event_id))
    name = next(found, "")
    return _read(store, name) if name else None


def of_context(
    store: ObjectStore, context: str, *, wanted: EventFilter = ANY, limit: int = 100, token: str = ""
) -> EventPage:
    """The events of one delivery that match, oldest first; it has a bounded number. token: from the page before."""
    if wanted == ANY:
        names = list(islice(_names(store, objects.events(context), start=token), limit + 1))
        return EventPage(events=_all(store, names[:limit]), next_token="".join(names[limit:]))
    found: list[Event] = []
    for name in _names(store, objects.events(context), start=token):
        if len(found) == limit:
            return EventPage(events=found, next_token=name)
        if (event := _read(store, name)) and wanted.fits(event):
            found.append(event)
    return EventPage(events=found)


def newest(store: ObjectStore, project: str, *, wanted: EventFilter, limit: int = 20, token: str = "") -> EventPage:
    """The project's events that match, newest first. token: from the page before."""
    entries: list[str] = []
    is_narrowed = bool(wanted.type or wanted.stage or wanted.service or wanted.by)
    at_once = AT_ONCE if is_narrowed else limit + 1
    for scanned, entry in enumerate(_names(store, objects.index(project), start=token, at_once=at_once)):
        if len(entries) == limit or scanned == MAX_SCANNED:
            return EventPage(events=_indexed(store, entries), next_token=entry)
        if objects.is_indexed_as(entry, types=wanted.types, stage=wanted.stage, service=wanted.service, by=wanted.by):
            entries.append(entry)
    return EventPage(events=_indexed(store, entries))


def _names(store: ObjectStore, prefix: str, *, start: str = "", at_once: int = 200) -> Iterator[str]:
    token = ""
    while True:
        page = store.list(prefix, start_offset=start, limit=at_once, token=token)
        yield from page.names
        if not (token := page.next_token):
            return


def _indexed(store: ObjectStore, entries: Sequence[str]) -> Sequence[Event]:
    return _all(store, [objects.indexed(entry) for entry in entries])


def _all(store: ObjectStore, names: Sequence[str]) -> Sequence[Event]:
    return [event for event in side_by_side(store, lambda name: _read(store, name), names) if event]


def _read(store: ObjectStore, name: str) -> Event | None:
    stored = store.get(name)
    return events.from_dict(json.loads(stored.data)) if stored else None


def _create(store: ObjectStore, name: str, data: bytes) -> None:
    with suppress(LostRace):  # it is there already: the same event, delivered again
        store.put(name, data, if_generation=0)
