"""Timers in the object store: `timers/<due>-<id>.json`, so that the earliest is the first of the list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from keptn import events
from keptn.events import Event, rfc3339
from keptn.ports import ObjectStore, WakeUp
from keptn.records import objects

SOURCE = "keptn/clock"


class StoreTimers:
    """A timer is an object; cancelling deletes it; what nobody awaits any more is a no-op for its function."""

    def __init__(self, store: ObjectStore, wake_up: WakeUp) -> None:
        self._store, self._wake_up = store, wake_up

    @classmethod
    def open(cls, *, store: ObjectStore, wake_up: WakeUp) -> StoreTimers:
        return cls(store, wake_up)

    def set(self, *, function: str, event: Event, due: datetime, key: str = "") -> str:
        name = objects.timer(due, events.derived_id(event.id, function, key))
        self._wake_up.ensure()
        self._store.put(name, json.dumps({"function": function, "event": events.to_dict(event)}).encode())
        self._wake_up.ensure()  # the clock may have found nothing between the two, and released it
        return name

    def cancel(self, name: str) -> None:
        self._store.delete(name)

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[tuple[str, Event]]:
        end = f"{objects.TIMERS}{rfc3339(now)}~"  # after every id, so that what is due just now is included
        names = self._store.list(objects.TIMERS, end_offset=end, limit=limit).names
        found = ((name, self._store.get(name)) for name in names)
        return [(name, _rung(name, stored.data)) for name, stored in found if stored]

    def next_due(self) -> datetime | None:
        """When the earliest timer is due; None if there is none."""
        names = self._store.list(objects.TIMERS, limit=1).names
        if not names:
            return None
        text = names[0].removeprefix(objects.TIMERS).partition("Z-")[0]
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def any_left(self) -> bool:
        return self.next_due() is not None


def _rung(name: str, data: bytes) -> Event:
    """The due event: the same timer always gives the same one."""
    timer = json.loads(data)
    waiting = events.from_dict(timer["event"])
    return Event(
        type=events.timer_type(timer["function"]),
        id=events.derived_id(name, "due"),
        source=SOURCE,
        time=waiting.time,
        data={"event": timer["event"]},
        context=waiting.context,
        hops=waiting.hops,
    )
