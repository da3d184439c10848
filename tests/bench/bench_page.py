"""A page of twenty deliveries: what the api asks the object store for it, and how often it must wait for answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.counting import Counts
from tests.bench.installation import Installation
from tests.bench.row import Row

DELIVERIES = 20
QUIET_S = 0.05
"""When nothing more is asked for so long, all that were asked side by side are answered."""


def rows() -> Iterator[Row]:
    installation = _twenty()
    with installation.running(), _rounds(installation) as rounds:
        yield from operations(counted(installation))
    yield Row(what="rounds of waiting for the object store and the token", measured=rounds.count, was=181, budget=4)


def operations(counts: Counts) -> Iterator[Row]:
    yield Row(
        key="page-lists", what="lists for a page of 20 deliveries", measured=counts.of_store("list"), was=41, budget=21
    )
    yield Row(key="page-gets", what="gets for it and the token", measured=counts.of_store("get"), was=140, budget=81)


def counted(installation: Installation | None = None) -> Counts:
    """What the page took."""
    installation = installation or _twenty()
    with installation.running():
        page = installation.ask(f"/v1/delivery?project=sockshop&pageSize={DELIVERIES}")
    assert [delivery["state"] for delivery in page["deliveries"]] == ["finished"] * DELIVERIES
    return installation.counts


def _twenty() -> Installation:
    """With so many deliveries that have come to their end."""
    installation = Installation()
    with installation.running():
        for number in range(DELIVERIES):
            installation.push(f"0.{number}")
            installation.rest()
            installation.clock.sleep(600)
        installation.ask("/v1/metadata")  # from here on the process knows when the token was used
    installation.counts.reset()
    return installation


class _Rounds:
    """Keeps every call waiting until no other comes."""

    def __init__(self) -> None:
        self.count, self._waiting, self._last = 0, 0, 0.0
        self._changed = threading.Condition()

    def wait(self) -> None:
        with self._changed:
            mine, self._last = self.count, time.monotonic()
            self._waiting += 1
            self._changed.wait_for(lambda: self.count > mine)

    def turn(self) -> None:
        """Answer those who wait, if they have all come."""
        with self._changed:
            if self._waiting and time.monotonic() - self._last > QUIET_S:
                self.count, self._waiting = self.count + 1, 0
                self._changed.notify_all()


@contextmanager
def _rounds(installation: Installation) -> Iterator[_Rounds]:
    rounds, store, done = _Rounds(), installation.store, threading.Event()
    get, list_ = store.get, store.list

    def turning() -> None:
        while not done.wait(0.005):
            rounds.turn()

    store.get = lambda name: (rounds.wait(), get(name))[1]  # type: ignore[method-assign]
    store.list = lambda prefix, **options: (rounds.wait(), list_(prefix, **options))[1]  # type: ignore[method-assign]
    thread = threading.Thread(target=turning)
    thread.start()
    try:
        yield rounds
    finally:
        done.set()
        thread.join()
        store.get, store.list = get, list_  # type: ignore[method-assign]
