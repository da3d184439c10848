"""The object store in one SQLite file, correct across threads and processes. The default on a laptop.

Every write is one transaction that takes SQLite's write lock first, so a precondition is checked and acted on in one
step. It knows nothing of what is stored.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from keptn.adapters.machine import sqlite_file
from keptn.adapters.store.object_name import checked
from keptn.errors import LostRace, Unavailable
from keptn.ports import Page, StoredObject
from keptn.settings import Settings

BUSY_TIMEOUT_S = 10.0

# AUTOINCREMENT never gives a number twice, not even after a delete: it is the generation.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    written REAL NOT NULL,
    data BLOB NOT NULL
)
"""


class Written(NamedTuple):
    """One object's last write. at: seconds since the epoch."""

    generation: int
    name: str
    at: float


class SqliteStore:
    """A table of objects; the unique index on the name is what listing walks."""

    reads_at_once = 1  # a read takes less than a thread's turn: 450 by eight threads take a sixth longer

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path, self._busy_timeout_s = path, busy_timeout_s
        self._local = threading.local()

    @classmethod
    def open(cls, *, settings: Settings) -> SqliteStore:
        return cls(settings.state_dir / "store.sqlite")

    def get(self, name: str) -> StoredObject | None:
        with self._connected() as db:
            row = db.execute("SELECT data, generation FROM objects WHERE name = ?", (checked(name),)).fetchone()
        return StoredObject(name=name, data=row[0], generation=row[1]) if row else None

    def put(self, name: str, data: bytes, *, if_generation: int | None = None) -> int:
        with self._writing(checked(name), if_generation) as db:
            # REPLACE removes the old row and takes a new, higher generation
            row = (name, time.time(), bytes(data))
            written = db.execute("INSERT OR REPLACE INTO objects (name, written, data) VALUES (?, ?, ?)", row)
        return int(written.lastrowid or 0)

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        with self._writing(checked(name), if_generation, absent_is_fine=True) as db:
            db.execute("DELETE FROM objects WHERE name = ?", (name,))

    def list(
        self, prefix: str, *, start_offset: str = "", end_offset: str = "", limit: int = 1000, token: str = ""
    ) -> Page:
        ends = [end for end in (end_offset, _after_prefix(prefix)) if end]
        where, values = "name >= ? AND name > ?", [max(prefix, start_offset), token]
        if ends:
            where, values = where + " AND name < ?", [*values, min(ends)]
        query = f"SELECT name FROM objects WHERE {where} ORDER BY name LIMIT ?"  # noqa: S608 - fixed text
        with self._connected() as db:
            names = [row[0] for row in db.execute(query, (*values, limit + 1))]
        return Page(names=names[:limit], next_token=names[limit - 1] if len(names) > limit else "")

    def written(self, *, after: int = 0, limit: int = 500) -> Sequence[Written]:
        """The objects in the order of their last writes, oldest first; after: the generation to go on behind.

        Not of the port: a bucket ends what is too old by itself.
        """
        query = "SELECT generation, name, written FROM objects WHERE generation > ? ORDER BY generation LIMIT ?"
        with self._connected() as db:
            return [Written(*row) for row in db.execute(query, (after, limit))]

    def forget(self, generations: Iterable[int]) -> None:
        """Delete what was written with these generations; what was written again since is another and stays."""
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("DELETE FROM objects WHERE generation = ?", [(one,) for one in generations])
            db.execute("COMMIT")

    @contextmanager
    def _writing(
        self, name: str, if_generation: int | None, *, absent_is_fine: bool = False
    ) -> Iterator[sqlite3.Connection]:
        """A transaction that has the write lock and in which the precondition holds. Raises LostRace."""
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                _check(db, name, if_generation, absent_is_fine=absent_is_fine)
                yield db
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """The connection of this thread; what SQLite complains about becomes Unavailable."""
        with sqlite_file.named(self._path):
            handle: _Handle | None = getattr(self._local, "handle", None)
            if handle is None or handle.pid != os.getpid():
                handle = self._local.handle = _Handle(self._path, self._busy_timeout_s, inherited=handle)
            yield handle.db


class _Handle:
    """One thread's connection, closed when the thread or the store is gone."""

    def __init__(self, path: Path, busy_timeout_s: float, *, inherited: _Handle | None) -> None:
        self.pid = os.getpid()
        self._never_closed = inherited  # SQLite forbids even closing what came over a fork
        self.db = _open(path, busy_timeout_s)

    def __del__(self) -> None:
        if self.pid == os.getpid() and hasattr(self, "db"):
            self.db.close()


def _open(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Unavailable(f"the folder {path.parent} cannot be made: {exc.strerror}; see KEPTN_STATE_DIR") from exc
    # autocommit (isolation_level None): transactions are begun by hand. The thread check is off for `__del__` alone.
    db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        _prepare(db, deadline=time.monotonic() + busy_timeout_s)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, *, deadline: float) -> None:
    """Set the connection up. Processes that do so at the same time collide, and SQLite does not wait there."""
    while True:
        try:
            # With a write-ahead log readers never wait; NORMAL loses nothing when a process is killed, and at a power
            # cut at most the last writes, never consistency.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            table = db.execute("SELECT sql FROM sqlite_master WHERE name = 'objects'").fetchone()
            if table is None:
                db.execute(_SCHEMA)
            elif "written" not in table[0]:  # of an earlier version: what is there counts as written now
                db.execute(f"ALTER TABLE objects ADD COLUMN written REAL NOT NULL DEFAULT {time.time()!r}")
        except sqlite3.OperationalError as exc:
            others_work = "locked" in str(exc) or "duplicate column" in str(exc)
            if not others_work or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _check(db: sqlite3.Connection, name: str, if_generation: int | None, *, absent_is_fine: bool) -> None:
    if if_generation is None:
        return
    row = db.execute("SELECT generation FROM objects WHERE name = ?", (name,)).fetchone()
    current = row[0] if row else 0
    if current != if_generation and not (absent_is_fine and not row):
        raise LostRace(f"{name} is in generation {current}, not {if_generation}; read it again")


def _after_prefix(prefix: str) -> str:
    """The first text that sorts after everything with this prefix; empty if there is none."""
    for length in range(len(prefix), 0, -1):
        following = ord(prefix[length - 1]) + 1
        if following <= 0x10FFFF:
            return prefix[: length - 1] + chr(0xE000 if following == 0xD800 else following)  # no surrogates in UTF-8
    return ""
