"""Adapters that count: the memory ones, each call noted with the function that made it.

They wrap by method name, so a port may grow without them. `Counts` is what the budgets are held against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from keptn.errors import Unavailable
from keptn.ports import ObjectStore, Page, StoredObject

GIT_WRITES = ("commit", "create", "delete")
NOT_GIT = ("projects",)
"""Methods of a config repo that read no repository."""


@dataclass
class Counts:
    """invocations: by function. store: by (function, operation, first part of the name). git: by (function, method)."""

    invocations: Counter[str] = field(default_factory=Counter)
    store: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    git: Counter[tuple[str, str]] = field(default_factory=Counter)
    wake_up: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    refused_writes: int = 0
    """Writes that the store was asked for too soon after the last one of that name."""
    dead_letters: Counter[str] = field(default_factory=Counter)
    slot_writes: Counter[tuple[int, bool]] = field(default_factory=Counter)
    """How often an event wrote a slot so many times, and whether that left the slot idle."""
    caller: str = ""

    def of_store(self, operation: str) -> int:
        return sum(count for (_, kind, _), count in self.store.items() if kind == operation)

    @property
    def git_reads(self) -> int:
        skipped = (*GIT_WRITES, *NOT_GIT)
        return sum(count for (_, method), count in self.git.items() if method not in skipped)

    @property
    def git_commits(self) -> int:
        return sum(count for (_, method), count in self.git.items() if method == "commit")

    def reset(self) -> None:
        fresh = Counts()
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))


class SimulatedClock:
    """Stands still but for a millisecond a look, so that no two events have one time; sleeping moves it."""

    def __init__(self, began: datetime | None = None) -> None:
        self.moment = began or datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def move(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


class CountingStore:
    """A bucket; with `limit_writes` one that answers 429 above so many writes of one name a second."""

    def __init__(self, inner: ObjectStore, counts: Counts, clock: SimulatedClock) -> None:
        self.inner, self.counts, self._clock, self.reads_at_once = inner, counts, clock, inner.reads_at_once
        self._apart: timedelta | None = None
        self._written: dict[str, datetime] = {}

    def limit_writes(self, *, per_second: float) -> None:
        self._apart = timedelta(seconds=1 / per_second)

    def get(self, name: str) -> StoredObject | None:
        self._count("get", name)
        return self.inner.get(name)

    def put(self, name: str, data: bytes, *, if_generation: int | None = None) -> int:
        self._count("put", name)
        self._limit(name)
        generation = self.inner.put(name, data, if_generation=if_generation)
        self._written[name] = self._clock.moment
        return generation

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        self._count("delete", name)
        self.inner.delete(name, if_generation=if_generation)

    def list(self, prefix: str, **options: Any) -> Page:
        self._count("list", prefix)
        return self.inner.list(prefix, **options)

    def _count(self, operation: str, name: str) -> None:
        self.counts.store[self.counts.caller, operation, name.partition("/")[0]] += 1

    def _limit(self, name: str) -> None:
        last = self._written.get(name)
        if self._apart and last and self._clock.moment - last < self._apart:
            self.counts.refused_writes += 1
            raise Unavailable(f"too many writes of {name}: 429")


class Noting:
    """Any adapter, each call of which is noted before it is made."""

    def __init__(self, inner: object, note: Callable[[str], None]) -> None:
        self.inner, self._note = inner, note

    def __getattr__(self, name: str) -> object:
        found = getattr(self.inner, name)

        def call(*arguments: object, **named: object) -> object:
            self._note(name)
            return found(*arguments, **named)

        return call if callable(found) else found


class CountingWakeUp:
    """The PingSource. at: its next tick."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.at: datetime | None = None

    def earliest(self, moment: datetime) -> None:
        self._counts.wake_up["earliest"] += 1
        self.at = min(self.at or moment, moment)

    def follow(self, next_tick: Callable[[], datetime | None]) -> None:
        self._counts.wake_up["follow"] += 1
        self.at = next_tick()


@contextmanager
def as_caller(counts: Counts, function: str) -> Iterator[None]:
    before, counts.caller = counts.caller, function
    counts.invocations[function] += 1
    try:
        yield
    finally:
        counts.caller = before
