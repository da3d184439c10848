"""What has been kept long enough goes; what a quiet service still needs stays, however old."""

import asyncio
import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from keptn.adapters.store.sqlite import SqliteStore
from keptn.local.sweep import BATCH, Sweep, forget_logs

DAY_S = 86400.0
DAYS = {"events/": 10, "evaluations/": 40}
SCOPE = "evaluations/p/dev/carts/"


class Aged:
    """A store whose objects were written so many days ago."""

    def __init__(self, folder: Path) -> None:
        self.path, self.store = folder / "store.sqlite", SqliteStore(folder / "store.sqlite")

    def put(self, name: str, *, days_ago: float, data: bytes = b"{}") -> None:
        self.store.put(name, data)
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute("UPDATE objects SET written = ? WHERE name = ?", (time.time() - days_ago * DAY_S, name))

    def sweep(self) -> int:
        return asyncio.run(Sweep(self.store, DAYS, logs=self.path.parent / "logs", log_days=10).once())

    def names(self) -> list[str]:
        return list(self.store.list("").names)


@pytest.fixture
def aged(tmp_path: Path) -> Aged:
    return Aged(tmp_path)


def test_each_kind_is_kept_its_own_time(aged: Aged):
    """Age runs from the last write; what is in no rule has no end."""
    aged.put("slots/p/dev/carts.json", days_ago=4000)
    aged.put("events/old", days_ago=11)
    aged.put("evaluations/p/dev/carts/old", days_ago=41, data=b'{"result": "fail"}')
    aged.put("evaluations/p/dev/carts/younger", days_ago=39, data=b'{"result": "fail"}')
    aged.put("events/younger", days_ago=9)
    assert aged.sweep() == 2
    assert aged.names() == ["evaluations/p/dev/carts/younger", "events/younger", "slots/p/dev/carts.json"]
    assert aged.sweep() == 0


def test_what_is_written_again_begins_anew(aged: Aged):
    """A delivery that goes on does not lose what it began with."""
    aged.put("events/a", days_ago=11)
    aged.store.put("events/a", b"again")
    assert aged.sweep() == 0


def test_the_last_passes_of_a_service_are_always_kept(aged: Aged):
    """The next version is compared with them, after years too. As far as an evaluation looks back, and no further."""
    for number in range(60):
        result = "pass" if number % 2 else "fail"
        aged.put(f"{SCOPE}{number:03d}", days_ago=400, data=json.dumps({"result": result}).encode())
    aged.put(f"{SCOPE}000-broken", days_ago=400, data=b"no JSON")  # and does not stop the others from going
    aged.sweep()
    assert aged.names() == [f"{SCOPE}{number:03d}" for number in range(1, 49, 2)]


def test_many_go_in_batches(aged: Aged):
    """No transaction holds up the others for long."""
    for number in range(BATCH + 10):
        aged.store.put(f"events/{number}", b"")
    with closing(sqlite3.connect(aged.path)) as db, db:
        db.execute("UPDATE objects SET written = 0")
    assert aged.sweep() == BATCH + 10


def test_old_logs_go(tmp_path: Path):
    """A file is emptied, not deleted: a workload may have it open. What was set aside is deleted."""
    logs = tmp_path / "functions"
    logs.mkdir()
    for name, days_ago in (("a.log", 20), ("a.log.1", 20), ("b.log", 1)):
        (logs / name).write_text("text")
        os.utime(logs / name, (time.time() - days_ago * DAY_S,) * 2)
    assert forget_logs(tmp_path, before=time.time() - 10 * DAY_S) == 2
    assert {file.name: file.read_text() for file in logs.iterdir()} == {"a.log": "", "b.log": "text"}
