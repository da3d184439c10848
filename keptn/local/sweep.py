"""Deletes what has been kept long enough: at the start, then every hour, in small batches.

What is too old says `records/retention.py`; in a cluster the bucket's lifecycle rules do this work.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from keptn.adapters.store.sqlite import SqliteStore, Written
from keptn.errors import KeptnError
from keptn.evaluation.archive import MOST_LOOKED_AT

EVERY_S = 3600.0
PAUSE_S = 0.05
"""Between two batches: whoever writes meanwhile is not held up."""
BATCH = 500
EVALUATIONS = "evaluations/"
_DAY_S = 86400.0
log = logging.getLogger("keptn.local")


class Sweep:
    """days: prefix to how long it is kept. log_days: of log files."""

    def __init__(self, store: SqliteStore, days: Mapping[str, int], *, logs: Path, log_days: int) -> None:
        self._store, self._days = store, days
        self._logs, self._log_days = logs, log_days

    async def run(self) -> None:
        while True:
            try:
                if forgotten := await self.once():
                    log.info("%d objects and log files were older than they are kept, and are gone", forgotten)
            except (KeptnError, OSError) as exc:
                log.warning("what is too old cannot be deleted now: %s; it is tried again in an hour", exc)
            await asyncio.sleep(EVERY_S)

    async def once(self) -> int:
        """Walk over what is old enough to be looked at; how many things were deleted."""
        now = time.time()
        count = await asyncio.to_thread(forget_logs, self._logs, before=now - self._log_days * _DAY_S)
        after = 0
        while found := await asyncio.to_thread(self._batch, after, now):
            after, forgotten = found
            count += forgotten
            await asyncio.sleep(PAUSE_S)
        return count

    def _batch(self, after: int, now: float) -> tuple[int, int] | None:
        """The last generation that was looked at and how many objects went; None at the end of what is old enough."""
        shortest_s = min(self._days.values()) * _DAY_S
        batch = [one for one in self._store.written(after=after, limit=BATCH) if one.at < now - shortest_s]
        if not batch:
            return None
        expired = [one for one in batch if one.at < now - self._kept_s(one.name)]
        forgotten = _without_last_passes(self._store, expired)
        if forgotten:
            self._store.forget(one.generation for one in forgotten)
        return batch[-1].generation, len(forgotten)

    def _kept_s(self, name: str) -> float:
        found = next((days for prefix, days in self._days.items() if name.startswith(prefix)), None)
        return float("inf") if found is None else found * _DAY_S


def _without_last_passes(store: SqliteStore, expired: Sequence[Written]) -> Sequence[Written]:
    """An evaluation looks back so far and no further: what it would find there as passed stays, however old."""
    scopes = {one.name.rpartition("/")[0] + "/" for one in expired if one.name.startswith(EVALUATIONS)}
    needed = {
        name for scope in scopes for name in store.list(scope, limit=MOST_LOOKED_AT).names if _passed(store, name)
    }
    return [one for one in expired if one.name not in needed]


def _passed(store: SqliteStore, name: str) -> bool:
    stored = store.get(name)
    with suppress(ValueError, AttributeError):  # what cannot be read is compared with nothing
        return stored is not None and json.loads(stored.data).get("result") == "pass"
    return False


def forget_logs(folder: Path, *, before: float) -> int:
    """Empty the log files that nobody wrote since (a writer keeps its descriptor), delete the older parts set aside."""
    old = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_mtime < before]
    aside = [file for file in old if file.suffix != ".log"]
    emptied = [file for file in old if file.suffix == ".log" and file.stat().st_size]
    for file in aside:
        file.unlink(missing_ok=True)
    for file in emptied:
        os.truncate(file, 0)
    return len(aside) + len(emptied)
