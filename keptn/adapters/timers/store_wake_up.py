"""The wake-up as an object of the store, `{"at": time}`: at that moment the local runtime calls the clock.

What a PingSource is in a cluster, which exists only while timers do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from keptn.errors import LostRace
from keptn.events import rfc3339, utc
from keptn.ports import ObjectStore, StoredObject
from keptn.records import objects


class StoreWakeUp:
    """Every change is a compare-and-swap, so that no tick that somebody asked for is lost."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, *, store: ObjectStore) -> StoreWakeUp:
        return cls(store)

    def earliest(self, moment: datetime) -> None:
        while True:
            stored = self._store.get(objects.WAKE_UP)
            if (stored and at(stored) <= moment) or self._written(moment, stored):
                return

    def follow(self, next_tick: Callable[[], datetime | None]) -> None:
        while True:
            stored = self._store.get(objects.WAKE_UP)
            moment = next_tick()
            if self._written(moment, stored) if moment else self._gone(stored):
                return

    def _written(self, moment: datetime, stored: StoredObject | None) -> bool:
        """False if somebody wrote first."""
        if stored and at(stored) == moment:
            return True
        data = json.dumps({"at": rfc3339(moment)}).encode()
        try:
            self._store.put(objects.WAKE_UP, data, if_generation=stored.generation if stored else 0)
        except LostRace:
            return False
        return True

    def _gone(self, stored: StoredObject | None) -> bool:
        try:
            if stored:
                self._store.delete(objects.WAKE_UP, if_generation=stored.generation)
        except LostRace:
            return False
        return True


def at(stored: StoredObject) -> datetime:
    """When the next tick comes; at once if that cannot be read."""
    try:
        return utc(str(json.loads(stored.data)["at"]))
    except (ValueError, KeyError, TypeError):
        return datetime.min.replace(tzinfo=UTC)
