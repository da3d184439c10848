"""The wake-up as a marker in the object store: while it is there, the local runtime calls the clock.

What a PingSource is in a cluster (design: it exists only while timers do).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from keptn.errors import LostRace
from keptn.ports import ObjectStore
from keptn.records import objects


class StoreWakeUp:
    """Every call of `ensure` is a new generation, so that a release under way notices it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, *, store: ObjectStore) -> StoreWakeUp:
        return cls(store)

    def ensure(self) -> None:
        self._store.put(objects.WAKE_UP, b"")

    def release(self, still_idle: Callable[[], bool]) -> None:
        marker = self._store.get(objects.WAKE_UP)
        if marker and still_idle():
            with suppress(LostRace):  # somebody wants it again
                self._store.delete(objects.WAKE_UP, if_generation=marker.generation)
