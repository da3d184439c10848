"""The local clock ticks when the moment in `wake-up/clock` has come, and again while that changes nothing."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from keptn.adapters.store.memory import MemoryStore
from keptn.errors import Unavailable
from keptn.events import rfc3339
from keptn.local.clock import Clock
from keptn.local.delivery_spec import Destination
from keptn.local.exchange import Answer
from keptn.local.wiring import Ping
from keptn.records.objects import WAKE_UP

PING = Ping(name="clock", sink=Destination(kind="Service", name="clock"), data=b"{}", content_type="application/json")


class ClockFunction:
    """Answers as it is told, then deletes the source; after the last answer the test is over."""

    def __init__(self, store: MemoryStore, *answers: int) -> None:
        self.store, self.answers, self.heard, self.over = store, list(answers), [], asyncio.Event()

    async def deliver(self, destination, event, *, timeout_s):
        self.heard.append((destination.name, event.attributes["type"]))
        status = self.answers.pop(0)
        if not self.answers:
            self.store.delete(WAKE_UP)
            self.over.set()
        if status == 0:
            raise Unavailable("nobody answers")
        return Answer(status=status)


def at(seconds: float) -> bytes:
    return json.dumps({"at": rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))}).encode()


async def ticks(store: MemoryStore, *answers: int) -> ClockFunction:
    function = ClockFunction(store, *answers)
    running = asyncio.ensure_future(quick(store, function).run())
    await asyncio.wait_for(function.over.wait(), 10)
    running.cancel()
    return function


def quick(store: MemoryStore, function: ClockFunction) -> Clock:
    return Clock(PING, store, function, peek_s=0.01, pause_s=0.01)


@pytest.mark.parametrize("source", [at(-3600), b"", b"{}", b'{"at": 5}', b'{"at": "soon"}'], ids=range(5))
def test_it_ticks_when_the_moment_has_come(source: bytes):
    """One that cannot be read is due: the clock function writes it anew."""
    store = MemoryStore()
    store.put(WAKE_UP, source)
    assert asyncio.run(ticks(store, 204)).heard == [("clock", "dev.knative.sources.ping")]


def test_it_does_not_tick_before():
    """And not much later."""
    store, due = MemoryStore(), datetime.now(UTC) + timedelta(seconds=0.3)
    store.put(WAKE_UP, json.dumps({"at": rfc3339(due)}).encode())
    assert len(asyncio.run(ticks(store, 204)).heard) == 1
    assert datetime.now(UTC) >= due


def test_without_a_source_it_is_silent():
    """Timers alone do not make it tick: the source does."""
    store = MemoryStore()
    store.put("timers/2020-01-01T00:00:00.000000Z-1.json", b"{}")

    async def silence() -> ClockFunction:
        function = ClockFunction(store, 204)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(quick(store, function).run(), 0.1)
        return function

    assert asyncio.run(silence()).heard == []


@pytest.mark.parametrize("answers", [(503, 204), (0, 204), (204, 204)])
def test_a_tick_that_failed_or_changed_nothing_is_repeated(answers: tuple[int, ...]):
    """The function was away, or did not get to moving the source."""
    store = MemoryStore()
    store.put(WAKE_UP, at(-1))
    assert len(asyncio.run(ticks(store, *answers)).heard) == 2
