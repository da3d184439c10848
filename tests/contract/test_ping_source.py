"""The PingSource: its schedule, and that a cluster ticks by it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keptn.adapters.machine.system_clock import SystemClock
from keptn.adapters.timers.ping_source import FURTHEST, LEAD, PingSourceWakeUp, schedule
from keptn.errors import Unavailable
from tests.contract.test_wake_up import TICK

IMAGE = os.environ.get("KEPTN_PROBE_IMAGE", "dev.local/probe:1")
"""Prints a line of JSON for each POST, `t`: when, in milliseconds."""
LATE_S = 2.0
"""Knative's adapter waits up to half a second, so that not all sources tick at once."""
NOW = datetime(2030, 1, 7, 22, 58, 59, 500_000, tzinfo=UTC)


def first(cron: str, now: datetime) -> datetime:
    """The first moment of the schedule after now. Source: robfig/cron, SpecSchedule.Next."""
    ranges = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12)]
    fields = [_values(text, *limits) for text, limits in zip(cron.split()[:5], ranges, strict=True)]
    seconds, minutes, hours, days, months = fields
    moment = now.replace(microsecond=0) + timedelta(seconds=1)
    while True:
        if moment.month not in months or moment.day not in days:
            moment = moment.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        elif moment.hour not in hours:
            moment = moment.replace(minute=0, second=0) + timedelta(hours=1)
        elif moment.minute not in minutes:
            moment = moment.replace(second=0) + timedelta(minutes=1)
        elif moment.second not in seconds:
            moment += timedelta(seconds=1)
        else:
            return moment


def _values(text: str, least: int, most: int) -> range:
    low, _, high = text.partition("-")
    return range(least, most + 1) if text == "*" else range(int(low), int(high or low) + 1)


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC)),
    ahead_s=st.integers(1, 120) | st.integers(1, int(FURTHEST.total_seconds()) - 1),
)
@example(now=datetime(2030, 12, 31, 23, 59, 58, tzinfo=UTC), ahead_s=1)
@example(now=datetime(2030, 12, 31, 23, 58, 0, tzinfo=UTC), ahead_s=60)
@example(now=datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC), ahead_s=86_400)
def test_the_first_moment_of_a_schedule_is_the_one_that_is_meant(now, ahead_s):
    """Nothing before it, across hours, days and years."""
    at = now.replace(microsecond=0) + timedelta(seconds=ahead_s)
    assert first(schedule(at, now=now), now) == at


@pytest.mark.parametrize(
    ("ahead_s", "again_s"),
    [(1, 60), (30, 60), (600, 60), (60, 3600), (3660, 86_400)],
)
def test_a_tick_that_was_missed_comes_again(ahead_s, again_s):
    """A minute later; in the last minute of an hour an hour later, in the last of a day the next day."""
    at = NOW.replace(microsecond=0) + timedelta(seconds=ahead_s)
    assert (first(schedule(at, now=NOW), at) - at).total_seconds() <= again_s


@pytest.fixture
def heard(pod) -> Callable[[], list[float]]:
    """When the sink was told, seconds since the epoch. The template's sink is this one."""
    pod.allow(TICK)
    container = {"name": "probe", "image": IMAGE, "args": ["serve"]}
    metadata = {"name": "heard", "labels": {"app": "heard"}}
    sink = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    pod.kubectl("apply", "-f", "-", stdin=json.dumps(sink))
    pod.kubectl("expose", "pod", "heard", "--port=80", "--target-port=8080")
    pod.kubectl("wait", "pod", "heard", "--for=condition=Ready", "--timeout=50s")
    template = json.loads(
        pod.kubectl("create", "--dry-run=client", "-o", "json", "-f", "knative/base/clock-source.yaml")
    )
    template["spec"]["sink"] = {"ref": {"apiVersion": "v1", "kind": "Service", "name": "heard"}}
    pod.kubectl("create", "configmap", "keptn-clock-source", f"--from-literal=clock-source.yaml={json.dumps(template)}")

    def told() -> list[float]:
        lines = (line for line in pod.kubectl("logs", "heard").splitlines() if line.startswith("{"))
        return [json.loads(line)["t"] / 1000 for line in lines]

    return told


@pytest.mark.cluster
def test_a_cluster_ticks_when_it_should(pod, heard):
    """At the second that was wanted, at once for what has passed, and never again when nothing is awaited."""
    wake_up = PingSourceWakeUp(pod.api, SystemClock())

    def ticks(moment: datetime, *, within_s: float) -> float:
        """Seconds from the moment to the next tick."""
        before, deadline = len(heard()), moment.timestamp() + within_s
        while len(heard()) == before:
            assert time.time() < deadline, f"no tick within {within_s} s of its moment"
            time.sleep(0.2)
        return heard()[-1] - moment.timestamp()

    wake_up.earliest(now())
    ticks(now(), within_s=150)  # Knative starts its adapter with the first source of a cluster
    wake_up.follow(lambda: now() + timedelta(hours=1))
    soon = now() + timedelta(seconds=8)
    wake_up.earliest(soon)
    assert 0 <= ticks(soon, within_s=10) < 1 + LATE_S
    passed = now()
    wake_up.follow(lambda: passed)
    assert 0 <= ticks(passed, within_s=20) < LEAD.total_seconds() + 1 + LATE_S
    wake_up.follow(lambda: None)
    pod.kubectl("wait", "pingsource/clock", "--for=delete", "--timeout=20s")


@pytest.mark.cluster
def test_without_its_template_nothing_ticks_and_it_says_so(pod):
    """An installation that lacks the ConfigMap."""
    pod.allow(TICK)
    pod.kubectl("delete", "pingsource,configmap", "--all")
    with pytest.raises(Unavailable, match="ConfigMap keptn-clock-source in the namespace t-secrets-"):
        PingSourceWakeUp(pod.api, SystemClock()).earliest(now())


def now() -> datetime:
    return datetime.now(UTC)
