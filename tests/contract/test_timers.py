"""Timers, on the stores they may stand on."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from keptn.adapters.store.memory import MemoryStore
from keptn.adapters.store.sqlite import SqliteStore
from keptn.adapters.timers.store_timers import StoreTimers
from keptn.events import Event, rung_at, unwrapped
from keptn.settings import Settings

NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
EVENT = Event(type="sh.keptn.event.test.triggered", id="1", source="x", time=NOW, data={"a": 1}, context="c")


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    yield SqliteStore.open(settings=Settings(state_dir=tmp_path))


class Told:
    """A sink that keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def post(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def sink():
    return Told()


@pytest.fixture
def timers(store, sink):
    return StoreTimers(store, sink)


def due(timers, now) -> list[tuple[str, Event]]:
    """Names and events of what is due, as the clock reads them."""
    found = itertools.takewhile(lambda one: one[0] <= now, timers.upcoming())
    return [(name, event) for _, name in found if (event := timers.rung(name))]


def names(timers, now) -> list[str]:
    return [name for name, _ in due(timers, now)]


def test_a_timer_comes_back_when_it_is_due(timers):
    """Not before; at its moment, wrapped, for the function it was set for, with the moment it was set for."""
    moment = NOW + timedelta(seconds=5)
    name = timers.set(function="deploy", event=EVENT, due=moment)
    assert names(timers, NOW + timedelta(seconds=4.999999)) == []
    ((found, event),) = due(timers, moment)
    assert (found, event.type, event.data["event"]["id"]) == (name, "sh.keptn.timer.deploy.due", "1")
    assert rung_at(unwrapped(event), NOW) == moment
    assert unwrapped(event).extensions["keptntimer"] == name


def test_the_clock_is_told_after_the_timer_is_written(store, sink, timers):
    """Whoever hears of a timer finds it."""
    seen = []
    sink.post = lambda event: seen.append((event.type, event.data["due"], bool(store.get(event.data["timer"]))))
    timers.set(function="deploy", event=EVENT, due=NOW)
    assert seen == [("sh.keptn.timer.set", "2030-01-07T09:00:00.000000Z", True)]


def test_the_earliest_comes_first_however_many_there_are(timers):
    """More than a page is due: all come, in order, also when those that came are cancelled meanwhile."""
    for number in range(250):
        timers.set(function="deploy", event=replace(EVENT, id=str(number)), due=NOW + timedelta(seconds=250 - number))
    found = []
    for _, name in timers.upcoming():
        found.append(timers.rung(name).data["event"]["id"])
        timers.cancel(name)
    assert found == [str(number) for number in reversed(range(250))]
    assert timers.next_due() is None


def test_the_same_timer_set_again_is_moved(timers):
    """Event, function and key make a timer, whenever it is due: a task that waits has one, however often it is told."""
    timers.set(function="deploy", event=EVENT, due=NOW)
    moved = timers.set(function="deploy", event=EVENT, due=NOW + timedelta(seconds=1))
    other = timers.set(function="deploy", event=EVENT, due=NOW + timedelta(seconds=2), key="other")
    assert names(timers, NOW + timedelta(seconds=9)) == [moved, other]
    again = timers.set(function="deploy", event=EVENT, due=NOW + timedelta(seconds=1))
    assert (again, names(timers, NOW + timedelta(seconds=9))) == (moved, [moved, other])


def test_an_event_that_waits_again_is_the_event_that_first_came(timers):
    """Nothing of its earlier timers travels with it."""
    timers.set(function="deploy", event=EVENT, due=NOW)
    ((_, event),) = due(timers, NOW)
    timers.set(function="deploy", event=unwrapped(event), due=NOW + timedelta(seconds=1))
    ((_, again),) = due(timers, NOW + timedelta(seconds=1))
    assert again.data["event"] == event.data["event"]


def test_a_cancelled_timer_is_gone(timers):
    """Cancelling what is not there is fine."""
    name = timers.set(function="deploy", event=EVENT, due=NOW)
    timers.cancel(name)
    timers.cancel(name)
    assert (timers.next_due(), timers.rung(name), timers.is_set(name)) == (None, None, False)
