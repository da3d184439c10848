"""The wake-up as an object of the store, `{"at": time}`: at that moment the local runtime calls the clock.

What a PingSource is in a cluster, which exists only while timers do.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from keptn.adapters.timers.kept_tick import KeptTick, Tick
from keptn.events import rfc3339, utc
from keptn.ports import Clock, ObjectStore, StoredObject
from keptn.records import objects


class StoreWakeUp(KeptTick):
    """Every change is made of the generation that was read."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        super().__init__(clock)
        self._store = store

    @classmethod
    def open(cls, *, store: ObjectStore, clock: Clock) -> StoreWakeUp:
        return cls(store, clock)

    def _read(self) -> Tick | None:
        stored = self._store.get(objects.WAKE_UP)
        return Tick(at=at(stored), version=str(stored.generation)) if stored else None

    def _write(self, at: datetime, tick: Tick | None) -> None:
        data = json.dumps({"at": rfc3339(at)}).encode()
        self._store.put(objects.WAKE_UP, data, if_generation=int(tick.version) if tick else 0)

    def _remove(self, tick: Tick | None) -> None:
        if tick:
            self._store.delete(objects.WAKE_UP, if_generation=int(tick.version))


def at(stored: StoredObject) -> datetime:
    """When the next tick comes; at once if that cannot be read."""
    try:
        return utc(str(json.loads(stored.data)["at"]))
    except (ValueError, KeyError, TypeError):
        return datetime.min.replace(tzinfo=UTC)
