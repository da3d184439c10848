"""Timers and the wake-up, on the stores they may stand on."""

from datetime import UTC, datetime, timedelta

import pytest

from keptn.adapters.store.memory import MemoryStore
from keptn.adapters.store.sqlite import SqliteStore
from keptn.adapters.timers.store_timers import StoreTimers
from keptn.adapters.timers.store_wake_up import StoreWakeUp
from keptn.events import Event
from keptn.records.objects import WAKE_UP
from keptn.settings import Settings

NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
EVENT = Event(type="sh.keptn.event.test.triggered", id="1", source="x", time=NOW, data={"a": 1}, context="c")


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    yield SqliteStore.open(settings=Settings(state_dir=tmp_path))


@pytest.fixture
def timers(store):
    return StoreTimers(store, StoreWakeUp(store))


def test_a_timer_comes_back_when_it_is_due(timers):
    """Not before; at its moment, wrapped, for the function it was set for."""
    name = timers.set(function="deploy", event=EVENT, due=NOW + timedelta(seconds=5))
    assert timers.due(NOW + timedelta(seconds=4.999999)) == []
    ((found, event),) = timers.due(NOW + timedelta(seconds=5))
    assert (found, event.type, event.data["event"]["id"]) == (name, "sh.keptn.timer.deploy.due", "1")


def test_the_earliest_comes_first_and_the_page_is_bounded(timers):
    """However many are due, no more than asked for are read."""
    for seconds in (3, 1, 2):
        timers.set(function="deploy", event=EVENT, due=NOW + timedelta(seconds=seconds))
    found = timers.due(NOW + timedelta(seconds=9), limit=2)
    assert [name[7:34] for name, _ in found] == ["2030-01-07T09:00:01.000000Z", "2030-01-07T09:00:02.000000Z"]
    assert timers.next_due() == NOW + timedelta(seconds=1)


def test_the_same_timer_set_twice_is_one(timers):
    """Event, function and key make a timer; its due event is the same one every time."""
    first = timers.set(function="deploy", event=EVENT, due=NOW)
    assert timers.set(function="deploy", event=EVENT, due=NOW) == first
    assert timers.set(function="deploy", event=EVENT, due=NOW, key="other") != first
    assert timers.due(NOW)[0][1] == timers.due(NOW)[0][1]


def test_a_cancelled_timer_is_gone(timers):
    """Cancelling what is not there is fine."""
    name = timers.set(function="deploy", event=EVENT, due=NOW)
    timers.cancel(name)
    timers.cancel(name)
    assert not timers.any_left()
    assert timers.next_due() is None


def test_the_wake_up_stays_while_somebody_wants_it(store, timers):
    """A release that began before the last `ensure` does not take it away; an idle one does."""
    wake_up = StoreWakeUp(store)
    wake_up.ensure()

    def meanwhile() -> bool:
        timers.set(function="deploy", event=EVENT, due=NOW)
        return True

    wake_up.release(meanwhile)
    assert store.get(WAKE_UP)
    wake_up.release(lambda: False)
    assert store.get(WAKE_UP)
    wake_up.release(lambda: True)
    assert store.get(WAKE_UP) is None
