"""The durable queue of the Broker: events and what is still to be delivered, in one SQLite file.

A delivery is one event for one Trigger. It is deleted together with the acceptance of the reply, in one transaction, so
that a kill at any instant loses nothing and at most repeats a delivery. Called by `broker.py` alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keptn.adapters.machine import sqlite_file
from keptn.local.envelope import Envelope

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, attributes TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL, trigger TEXT NOT NULL,
    failed INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, dead_letter INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_of_event ON deliveries (event);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one Trigger. failed: attempts so far. due: when to try next, seconds since the epoch.

    dead_letter: the subscriber has been given up; the dead-letter sink is being tried.
    """

    id: int
    event: int
    trigger: str
    failed: int
    due: float
    dead_letter: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An event and the Triggers that hear it (one of them twice: a duplicate)."""

    envelope: Envelope
    triggers: Sequence[str]


class Queue:
    """One connection, used by one thread. Raises Unavailable where its file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._db = sqlite_file.opened(path, _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def accept(self, accepted: Accepted) -> list[Delivery]:
        """Store the event with its deliveries; durable when this returns."""
        with self._transaction():
            return self._insert(accepted)

    def finish(self, delivery: Delivery, *, reply: Accepted | None = None) -> list[Delivery]:
        """The delivery is done: forget it and accept its reply, both or neither. Returns the reply's deliveries."""
        with self._transaction():
            self._db.execute("DELETE FROM deliveries WHERE id = ?", (delivery.id,))
            self._db.execute(
                "DELETE FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = ?1)",
                (delivery.event,),
            )
            return self._insert(reply) if reply else []

    def failed(self, delivery: Delivery, *, wait_s: float) -> Delivery:
        """Count a failed attempt and say when the next one is due."""
        due = time.time() + wait_s
        with self._transaction():
            return self._changed(delivery, failed=delivery.failed + 1, due=due, dead_letter=delivery.dead_letter)

    def give_up(self, delivery: Delivery, *, error: Envelope) -> Delivery:
        """Turn to the dead-letter sink with the event as it is there: with the error's attributes.

        The event gets a row of its own: other Triggers still deliver it as it came.
        """
        with self._transaction():
            event = self._event(error)
            self._db.execute("UPDATE deliveries SET event = ? WHERE id = ?", (event, delivery.id))
            self._db.execute(
                "DELETE FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = ?1)",
                (delivery.event,),
            )
            return self._changed(delivery, event=event, failed=0, due=0, dead_letter=True)

    def envelope(self, delivery: Delivery) -> Envelope:
        with sqlite_file.named(self._path):
            row = self._db.execute("SELECT attributes, body FROM events WHERE id = ?", (delivery.event,)).fetchone()
        return Envelope(attributes=json.loads(row[0]), body=row[1])

    def waiting(self) -> list[Delivery]:
        """Everything that is still to be delivered, oldest first: what a restart goes on with."""
        with sqlite_file.named(self._path):
            rows = self._db.execute("SELECT id, event, trigger, failed, due, dead_letter FROM deliveries ORDER BY id")
            return [_delivery(row) for row in rows]

    def count(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM deliveries").fetchone()[0])

    def _changed(self, delivery: Delivery, *, failed: int, due: float, dead_letter: bool, event: int = 0) -> Delivery:
        values = (event or delivery.event, failed, due, dead_letter, delivery.id)
        self._db.execute("UPDATE deliveries SET event = ?, failed = ?, due = ?, dead_letter = ? WHERE id = ?", values)
        return _delivery((delivery.id, event or delivery.event, delivery.trigger, failed, due, dead_letter))

    def _insert(self, accepted: Accepted) -> list[Delivery]:
        if not accepted.triggers:
            return []
        event = self._event(accepted.envelope)
        return [self._enqueued(event, trigger) for trigger in accepted.triggers]

    def _event(self, envelope: Envelope) -> int:
        values = (json.dumps(dict(envelope.attributes)), envelope.body)
        return int(self._db.execute("INSERT INTO events (attributes, body) VALUES (?, ?)", values).lastrowid or 0)

    def _enqueued(self, event: int, trigger: str) -> Delivery:
        inserted = self._db.execute("INSERT INTO deliveries (event, trigger) VALUES (?, ?)", (event, trigger))
        return _delivery((inserted.lastrowid, event, trigger, 0, 0.0, 0))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with sqlite_file.named(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()  # where SQLite has done so itself (the disk is full), this does nothing
                raise


def _delivery(row: tuple[int | None, int, str, int, float, int]) -> Delivery:
    return Delivery(id=row[0] or 0, event=row[1], trigger=row[2], failed=row[3], due=row[4], dead_letter=bool(row[5]))
