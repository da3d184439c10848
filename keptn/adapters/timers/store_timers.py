"""Timers in the object store: `timers/<due>-<id>.json`, so that the earliest is the first of the list.

`replies/<event>/<function>.<key>-timer` holds the name of a timer: set again, it is found there and moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from keptn import events
from keptn.errors import LostRace
from keptn.events import SLOT_ALARM, TIMER_SET, Event, rfc3339
from keptn.ports import EventSink, ObjectStore
from keptn.records import objects

SOURCE = "keptn/timers"
PAGE = 100
_WAITED = {events.TIMER, events.DUE}


class StoreTimers:
    """A timer is an object; cancelling deletes it; what nobody awaits any more is a no-op for its function."""

    def __init__(self, store: ObjectStore, sink: EventSink) -> None:
        self._store, self._sink = store, sink

    @classmethod
    def open(cls, *, store: ObjectStore, sink: EventSink) -> StoreTimers:
        return cls(store, sink)

    def set(self, *, function: str, event: Event, due: datetime, key: str = "") -> str:
        timer_id = events.derived_id(event.id, function, key)
        name = objects.timer(due, timer_id)
        body = {"function": function, "event": _without_earlier_timers(event)}
        moves = event.type != SLOT_ALARM  # each alarm is an event of its own, and set once
        before = self._place(objects.timer_place(event.id, function, key), name) if moves else ""
        self._store.put(name, json.dumps(body).encode())
        if before and before != name:
            self._store.delete(before)
        # told after it is written: whoever hears of it finds it
        told = {"due": rfc3339(due), "timer": name}
        self._sink.post(
            Event(type=TIMER_SET, id=events.derived_id(name, "set"), source=SOURCE, time=event.time, data=told)
        )
        return name

    def is_set(self, name: str) -> bool:
        return self._store.get(name) is not None

    def cancel(self, name: str) -> None:
        self._store.delete(name)

    def upcoming(self) -> Iterator[tuple[datetime, str]]:
        token = ""
        while True:
            page = self._store.list(objects.TIMERS, limit=PAGE, token=token)
            yield from ((_moment(name), name) for name in page.names)
            if not (token := page.next_token):
                return

    def rung(self, name: str) -> Event | None:
        stored = self._store.get(name)
        return _rung(name, stored.data) if stored else None

    def next_due(self) -> datetime | None:
        names = self._store.list(objects.TIMERS, limit=1).names
        return _moment(names[0]) if names else None

    def _place(self, place: str, name: str) -> str:
        """Note where the timer is now; return where it was, empty if nowhere."""
        while True:
            stored = self._store.get(place)
            before = stored.data.decode() if stored else ""
            if before == name:
                return before
            try:
                self._store.put(place, name.encode(), if_generation=stored.generation if stored else 0)
            except LostRace:
                continue
            return before


def _moment(name: str) -> datetime:
    text = name.removeprefix(objects.TIMERS).partition("Z-")[0]
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _without_earlier_timers(event: Event) -> dict[str, object]:
    """The event as it first came: it may have waited before."""
    return {name: value for name, value in events.to_dict(event).items() if name not in _WAITED}


def _rung(name: str, data: bytes) -> Event:
    """The due event: the same timer always gives the same one."""
    timer = json.loads(data)
    waiting = events.from_dict(timer["event"])
    return Event(
        type=events.timer_type(timer["function"]),
        id=events.derived_id(name, "due"),
        source=SOURCE,
        time=waiting.time,
        data={"event": timer["event"], "timer": name, "due": rfc3339(_moment(name))},
        context=waiting.context,
        hops=waiting.hops,
    )
