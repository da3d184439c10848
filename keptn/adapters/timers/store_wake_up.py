"""The wake-up as a marker in the object store: while it is there, the local runtime calls the clock.

What a PingSource is in a cluster (design: it exists only while timers do).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from keptn.errors import LostRace
from keptn.ports import ObjectStore

if TYPE_CHECKING:
    from keptn.context import Context

MARKER = "wake-up/clock"


class StoreWakeUp:
    """Every call of `ensure` is a new generation, so that a release under way notices it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, context: Context) -> StoreWakeUp:
        return cls(context.store)

    def ensure(self) -> None:
        self._store.put(MARKER, b"")

    def release(self, still_idle: Callable[[], bool]) -> None:
        marker = self._store.get(MARKER)
        if marker and still_idle():
            with suppress(LostRace):  # somebody wants it again
                self._store.delete(MARKER, if_generation=marker.generation)
