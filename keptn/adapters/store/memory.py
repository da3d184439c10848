"""The object store in memory: for tests, and for what needs no memory after the process."""

from __future__ import annotations

import bisect
import itertools
import threading

from keptn.adapters.store.object_name import checked
from keptn.errors import LostRace
from keptn.ports import Page, StoredObject


class MemoryStore:
    """Objects in a dictionary, names in a sorted list, one lock around both."""

    reads_at_once = 1

    def __init__(self) -> None:
        self._objects: dict[str, StoredObject] = {}
        self._names: list[str] = []  # sorted; Python orders text by code point, which is UTF-8's byte order
        self._generations = itertools.count(1)  # one for all names, so that a name made again grows too
        self._lock = threading.RLock()

    @classmethod
    def open(cls) -> MemoryStore:
        return cls()

    def get(self, name: str) -> StoredObject | None:
        with self._lock:
            return self._objects.get(checked(name))

    def put(self, name: str, data: bytes, *, if_generation: int | None = None) -> int:
        with self._lock:
            current = self._generation(checked(name))
            if if_generation not in {None, current}:
                raise LostRace(f"{name} is in generation {current}, not {if_generation}; read it again")
            if not current:
                bisect.insort(self._names, name)
            self._objects[name] = StoredObject(name=name, data=bytes(data), generation=next(self._generations))
            return self._objects[name].generation

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        with self._lock:
            current = self._generation(checked(name))
            if not current:
                return
            if if_generation not in {None, current}:
                raise LostRace(f"{name} is in generation {current}, not {if_generation}; read it again")
            del self._objects[name]
            self._names.remove(name)

    def list(
        self, prefix: str, *, start_offset: str = "", end_offset: str = "", limit: int = 1000, token: str = ""
    ) -> Page:
        with self._lock:
            begin = bisect.bisect_left(self._names, max(prefix, start_offset))
            if token:
                begin = max(begin, bisect.bisect_right(self._names, token))
            found = list(itertools.takewhile(lambda n: n.startswith(prefix), self._names[begin : begin + limit + 1]))
        if end_offset:
            found = found[: bisect.bisect_left(found, end_offset)]
        return Page(names=found[:limit], next_token=found[limit - 1] if len(found) > limit else "")

    def _generation(self, name: str) -> int:
        stored = self._objects.get(name)
        return stored.generation if stored else 0
