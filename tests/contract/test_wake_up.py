"""What every WakeUp does: the next tick is never later than anybody wants it, and gone when nobody does."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keptn.adapters.store.memory import MemoryStore
from keptn.adapters.store.sqlite import SqliteStore
from keptn.adapters.timers import ping_source
from keptn.adapters.timers.ping_source import PingSourceWakeUp
from keptn.adapters.timers.store_wake_up import StoreWakeUp, at
from keptn.events import utc
from keptn.ports import WakeUp
from keptn.records.objects import WAKE_UP
from keptn.settings import Settings
from keptn.simulation.world import ManualClock

NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
TEMPLATE = Path("knative/base/clock-source.yaml")
TICK = [
    {"apiGroups": ["sources.knative.dev"], "resources": ["pingsources"], "verbs": ["create"]},
    {
        "apiGroups": ["sources.knative.dev"],
        "resources": ["pingsources"],
        "resourceNames": ["clock"],
        "verbs": ["get", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["keptn-clock-source"], "verbs": ["get"]},
]
"""The Role keptn-clock of knative/base/access.yaml."""


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Patient(ManualClock):
    """Set by hand, but who waits really waits."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, kw_only=True)
class Ticking:
    """A wake-up, its clock, and when its next tick comes, seconds after NOW."""

    wake_up: WakeUp
    clock: ManualClock
    at: Callable[[], datetime | None]

    @property
    def next(self) -> float | None:
        found = self.at()
        return (found - NOW).total_seconds() if found else None


@pytest.fixture(params=["memory", "sqlite", pytest.param("pingsource", marks=pytest.mark.cluster)])
def ticking(request, tmp_path) -> Ticking:
    clock = Patient(NOW)
    if request.param == "pingsource":
        api = request.getfixturevalue("source")
        return Ticking(wake_up=PingSourceWakeUp(api, clock), clock=clock, at=lambda: _source_at(api))
    store = MemoryStore() if request.param == "memory" else SqliteStore.open(settings=Settings(state_dir=tmp_path))
    return Ticking(
        wake_up=StoreWakeUp(store, clock), clock=clock, at=lambda: at(found) if (found := store.get(WAKE_UP)) else None
    )


@pytest.fixture
def source(pod):
    """The API with the clock's rights; a template, and no PingSource."""
    pod.allow(TICK)
    pod.kubectl("delete", "pingsource,configmap", "--all")
    pod.kubectl("create", "configmap", ping_source.TEMPLATE, f"--from-file={TEMPLATE}")
    return pod.api


def _source_at(api) -> datetime | None:
    path = f"/apis/sources.knative.dev/v1/namespaces/{api.namespace}/pingsources/clock"
    source = api.ask("GET", path)
    if source is None or "deletionTimestamp" in source["metadata"]:
        return None
    assert source["spec"]["timezone"] == "UTC"
    return utc(source["metadata"]["annotations"][ping_source.AT])


def test_the_tick_comes_at_the_earliest_moment(ticking):
    """A later wish changes nothing, an earlier one moves it."""
    for seconds, comes in ((50, 50), (90, 50), (20, 20), (20, 20)):
        ticking.wake_up.earliest(after(seconds))
        assert ticking.next == comes


def test_a_moment_that_has_passed_comes_soon(ticking):
    """A timer that was due when it was set: at once, or as soon as this can tick."""
    ticking.wake_up.earliest(after(-60))
    assert ticking.next <= 4


def test_without_timers_there_is_no_tick(ticking):
    """Nothing is awaited, so nothing ticks; a tick that was not there before does no harm."""
    ticking.wake_up.earliest(after(10))
    ticking.clock.move(after(10))
    for _ in range(2):
        ticking.wake_up.follow(lambda: None)
        assert ticking.next is None


def test_what_was_just_removed_can_be_wanted_again(ticking):
    """At once, as often as timers come and go."""
    for round_s in (0, 100, 200):
        ticking.wake_up.earliest(after(round_s + 10))
        assert ticking.next == round_s + 10
        ticking.clock.move(after(round_s + 10))
        ticking.wake_up.follow(lambda: None)


def test_the_tick_follows_the_timers(ticking):
    """Later than before, once its moment has come."""
    ticking.wake_up.earliest(after(10))
    ticking.clock.move(after(10.5))
    ticking.wake_up.follow(lambda: after(86_400))
    assert ticking.next == 86_400


@pytest.mark.parametrize("found", [None, 3_000, 20])
@pytest.mark.parametrize("wanted", [40, 500])
def test_a_timer_that_is_set_during_a_tick_is_not_lost(ticking, found, wanted):
    """The clock has looked, then somebody sets one, later than the tick that is being handled: it still comes."""

    def look() -> datetime | None:
        ticking.clock.move(after(11))
        ticking.wake_up.earliest(after(wanted))
        return after(found) if found else None

    ticking.wake_up.earliest(after(10))
    ticking.clock.move(after(10.5))
    ticking.wake_up.follow(look)
    assert 11 < ticking.next <= min(wanted, found or wanted)


def test_a_tick_that_is_still_to_come_is_not_put_off(ticking):
    """One came twice, or too early: somebody may count on the other."""
    ticking.wake_up.earliest(after(30))
    ticking.wake_up.follow(lambda: None)
    ticking.wake_up.follow(lambda: after(90))
    assert ticking.next == 30
    ticking.wake_up.follow(lambda: after(20))
    assert ticking.next == 20


def test_a_tick_that_nobody_heard_comes_again(ticking):
    """Long after its moment a far timer is set: those that were due do not wait for that one."""
    ticking.wake_up.earliest(after(10))
    ticking.clock.move(after(100))
    ticking.wake_up.earliest(after(100_000))
    assert 100 <= ticking.next <= 160


def test_the_earliest_of_all_that_come_at_once_counts(ticking):
    """Nobody's wish is lost in the race for it."""
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda seconds: ticking.wake_up.earliest(after(seconds)), [50, 20, 70, 30, 60, 40]))
    assert ticking.next == 20


def test_ticks_that_are_handled_twice_at_once_lose_nothing(ticking):
    """Each writes what it has seen: the earliest of it stays."""
    ticking.wake_up.earliest(after(10))
    ticking.clock.move(after(11))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda found: ticking.wake_up.follow(lambda: found and after(found)), [None, 40, None, 90]))
    assert ticking.next == 40
