"""What goes wrong with a SQLite file, as one sentence. Used by the object store and the local runtime."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from keptn.adapters.machine import disk
from keptn.errors import Unavailable

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def named(path: Path) -> Iterator[None]:
    """What SQLite complains about becomes Unavailable, with the file and what to do about it."""
    try:
        yield
    except sqlite3.Error as exc:
        raise Unavailable(_sentence(path, exc)) from exc


def opened(path: Path, schema: str) -> sqlite3.Connection:
    """A connection in autocommit, with these tables. Raises Unavailable."""
    with named(path):
        db = sqlite3.connect(path, isolation_level=None)
        try:
            # A killed process loses nothing with NORMAL; a power cut may lose the last moments, never consistency.
            db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + schema)
        except BaseException:
            db.close()
            raise
        return db


def check(path: Path) -> None:
    """Raises Unavailable for a file that is damaged or cannot be read. It is read whole: a second for a gigabyte."""
    if not path.exists():
        return
    with named(path), closing(sqlite3.connect(path)) as db:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Unavailable(_damaged(path, str(found).splitlines()[-1]))


def _sentence(path: Path, exc: sqlite3.Error) -> str:
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the upper bits tell more than is needed
    if code in _DAMAGED:
        return _damaged(path, str(exc))
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and disk.is_full(path.parent)):
        return disk.full(path)
    if code == sqlite3.SQLITE_CANTOPEN:
        return f"{path} cannot be opened: is it a file that can be written?"
    return f"{path} cannot be used now: {exc}"


def _damaged(path: Path, how: str) -> str:
    return f"{path} is damaged ({how}); restore it, or delete it to start afresh"
