"""The durable table of Jobs: what was started, what is unfinished. Used by `jobs.py` alone."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from keptn.adapters.machine import sqlite_file

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    name TEXT PRIMARY KEY, sink TEXT NOT NULL, event BLOB NOT NULL, failed INTEGER NOT NULL DEFAULT 0, ended REAL
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """failed: how many runs have failed. event: structured JSON."""

    name: str
    sink: str
    event: bytes
    failed: int = 0


class JobTable:
    """One connection, used by one thread. An ended Job keeps its row, so that a late duplicate does not run again.

    Raises Unavailable where its file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._db = sqlite_file.opened(path, _SCHEMA)

    def create(self, name: str, *, sink: str, event: bytes) -> Job | None:
        """None if there was one of that name already."""
        values = (name, sink, event)
        made = self._execute("INSERT OR IGNORE INTO jobs (name, sink, event) VALUES (?, ?, ?)", *values).rowcount
        return Job(name=name, sink=sink, event=event) if made else None

    def unfinished(self) -> list[Job]:
        rows = self._execute("SELECT name, sink, event, failed FROM jobs WHERE ended IS NULL ORDER BY rowid")
        return [Job(name=row[0], sink=row[1], event=row[2], failed=row[3]) for row in rows]

    def count_failure(self, name: str) -> None:
        self._execute("UPDATE jobs SET failed = failed + 1 WHERE name = ?", name)

    def end(self, name: str) -> None:
        self._execute("UPDATE jobs SET ended = ?, event = x'' WHERE name = ?", time.time(), name)

    def forget(self, *, older_than_s: float) -> None:
        """Delete what ended longer ago."""
        self._execute("DELETE FROM jobs WHERE ended < ?", time.time() - older_than_s)

    def close(self) -> None:
        self._db.close()

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        with sqlite_file.named(self._path):
            return self._db.execute(statement, values)
