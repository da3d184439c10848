"""Whatever the Broker, the store and the machine do, the outcome is that of one clean run.

Random shipyards and outcomes; events repeated, reordered, delivered again after a lost answer; handlers that race, lose
and die between any two effects. `HYPOTHESIS_PROFILE=nightly` (`make nightly`) runs 10,000 examples.
"""

from __future__ import annotations

import json
import os
import zlib
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keptn.events import Event, parse_type
from keptn.records import dead_letters
from keptn.records.objects import WAKE_UP
from keptn.simulation.world import START
from tests.unit.sequence.chaos import Broker, Plan, finished, is_task

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EXAMPLES = int(os.environ.get("KEPTN_NIGHTLY_EXAMPLES", "10000")) if NIGHTLY else 300
RESULTS = ("pass", "warning", "fail")
STAGES = ("dev", "test", "prod")
SEQUENCES = ("delivery", "rollback", "other")
TASKS = ("deployment", "test", "evaluation", "release", "mail", "action")

LEFT = {"afterwards": {"stays": 0, "longest": 60}}
"""What an action may ask for: to be taken back."""


@st.composite
def shipyards(draw) -> str:
    """One to three stages; sequences that follow earlier ones, sometimes themselves, by various selectors."""
    stages = []
    earlier: list[str] = []
    for stage in STAGES[: draw(st.integers(1, 3))]:
        sequences = []
        for name in SEQUENCES[: draw(st.integers(1, 3))]:
            own = f"{stage}.{name}"
            sequences.append({"name": name, "tasks": draw(tasks()), **draw(triggers(earlier, own))})
            earlier.append(own)
        stages.append({"name": stage, "sequences": sequences})
    return json.dumps({"apiVersion": "spec.keptn.sh/0.2.3", "kind": "Shipyard", "spec": {"stages": stages}})


@st.composite
def tasks(draw) -> list[dict]:
    names = draw(st.lists(st.sampled_from(TASKS), min_size=1, max_size=3, unique=True))
    return [{"name": name, "properties": {"executors": draw(st.integers(1, 2))}} for name in names]


@st.composite
def triggers(draw, earlier: list[str], own: str) -> dict:
    if not earlier:
        return {}
    events = draw(st.lists(st.sampled_from([*earlier, own]), max_size=2, unique=True))
    matches = st.sampled_from([None, {"result": "fail"}, {"result": "pass"}, {"test.result": "warning"}])
    found = []
    for event in events:
        match = draw(matches)
        found.append({"event": f"{event}.finished", **({"selector": {"match": match}} if match else {})})
    return {"triggeredOn": found} if found else {}


def answers(seed: int):
    """Executors whose word depends on the task alone, so that it is the same in every run."""

    def answer(task: Event) -> list[Event]:
        parts = parse_type(task.type)
        count = int((task.data.get(parts.name) or {}).get("executors") or 1)
        found = []
        for number in range(count):
            dice = zlib.crc32(f"{seed}/{task.id}/{number}".encode())
            result = RESULTS[0] if dice % 10 < 7 else RESULTS[1 + dice % 2]
            source = f"executor-{number}"
            left = {"action": LEFT} if parts.name == "action" and dice % 2 else {}
            found.append(finished(task, source=source, result=result, x={source: dice, parts.name: source}, **left))
        return found

    return answer


def artifacts(count: int) -> list[Event]:
    """Deliveries of two services; no image, so that none supersedes another."""
    return [
        Event(
            type="sh.keptn.event.dev.delivery.triggered",
            id=f"artifact-{number}",
            source="registry",
            time=START,
            context=f"context-{number}",
            data={"project": "p", "stage": "dev", "service": f"service-{number % 2}"},
        )
        for number in range(count)
    ]


REFUSED = 0.05
"""Share of triggers that the Broker never takes, in the clean run as in the storm."""


def clean(shipyard: str, seed: int, count: int) -> Broker:
    broker = Broker(shipyard, Plan(Random(0), refuses=REFUSED), answers(seed))
    broker.run(artifacts(count))
    return broker


def stormy(shipyard: str, seed: int, count: int) -> Broker:
    random = Random(seed)
    plan = Plan(
        random,
        crash=0.03,
        lie=0.05,
        race=0.15,
        away=0.05,
        repeat=0.2,
        lose=0.3,
        busy=0.05,
        broken=0.2,
        skew_s=random.uniform(-20, 20),
        refuses=REFUSED,
        reorder=True,
    )
    broker = Broker(shipyard, plan, answers(seed))
    broker.run(artifacts(count))
    return broker


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not NIGHTLY)
@given(shipyard=shipyards(), seed=st.integers(0, 2**32), count=st.integers(1, 3))
def test_every_storm_ends_as_the_clean_run(shipyard, seed, count):
    """Final states and the set of events are equal; the invariants hold in both."""
    calm, storm = clean(shipyard, seed, count), stormy(shipyard, seed, count)
    assert storm.ends() == calm.ends()
    assert storm.deliveries() == calm.deliveries()
    assert storm.said() == calm.said()
    for broker in (calm, storm):
        check(broker)


def check(broker: Broker) -> None:
    """One end per task, every triggered task ended, nothing is awaited when all is over."""
    runs = [task for document in broker.store.documents() for task in document["tasks"]]
    triggered = [event for event in broker.posted.values() if is_task(event)]
    refused = {letter["event"]["id"] for letter in dead_letters.page(broker.store, limit=1000).letters}
    assert {event.id for event in triggered} <= {task["id"] for task in runs}
    by_others = [task for task in runs if task["status"] in {"aborted", "errored"} or "promoted by" in task["message"]]
    ended_early = {task["id"] for task in by_others}
    assert {task["id"] for task in runs} <= {event.id for event in triggered} | refused | ended_early
    assert all(task["finished_at"] for task in runs)
    for slot in broker.store.slots():
        assert slot.open == ()
        assert slot.pending == ()
        assert slot.alarm is None
    assert broker.context.due_timers.next_due() is None
    assert broker.store.get(WAKE_UP) is None
