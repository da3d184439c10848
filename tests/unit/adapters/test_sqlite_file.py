"""What SQLite complains about is said with the file and what to do."""

import sqlite3
from contextlib import closing

import pytest

from keptn.adapters.machine import sqlite_file
from keptn.adapters.store.sqlite import SqliteStore
from keptn.errors import Unavailable
from keptn.local.job_table import JobTable
from keptn.local.queue import Queue


@pytest.mark.parametrize("opened", [lambda path: SqliteStore(path).get("x"), Queue, JobTable, sqlite_file.check])
def test_what_is_no_database_is_damaged(tmp_path, opened):
    """Whoever opens it."""
    path = tmp_path / "some.sqlite"
    path.write_text("no database at all, though it is long enough for a header of one hundred bytes" * 2)
    with pytest.raises(Unavailable, match=r"some.sqlite is damaged .*; restore it, or delete it to start afresh"):
        opened(path)


def test_damage_in_the_middle_is_found(tmp_path):
    """Its head is whole, so it can be opened, and would fail much later."""
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (x)")
        db.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 1000)
        db.commit()
    sqlite_file.check(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : -4096] = b"\xff" * (len(content) - 4096 - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="is damaged"):
        sqlite_file.check(path)


def test_a_file_that_is_not_there_is_none_that_is_damaged(tmp_path):
    """It is made when it is needed."""
    sqlite_file.check(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()


def test_a_folder_in_its_place_is_said(tmp_path):
    """It cannot be opened."""
    with pytest.raises(Unavailable, match="cannot be opened: is it a file"):
        sqlite_file.check(tmp_path)


def test_a_full_disk_is_named(tmp_path):
    """SQLite's own code for it, as a file says that may not grow."""
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("PRAGMA max_page_count = 2")
        with (
            pytest.raises(Unavailable, match=r"the disk of .*some.sqlite is full; make room there"),
            sqlite_file.named(path),
        ):
            db.execute("INSERT INTO t VALUES (?)", ("x" * 100_000,))
