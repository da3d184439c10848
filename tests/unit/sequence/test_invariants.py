"""What holds always, even where the outcome depends on the order: people, problems, silence and newer artifacts."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keptn.events import PROBLEM_RESOLVED, Control, Event, control_type, parse_type
from keptn.simulation.world import START
from tests.unit.sequence.chaos import Broker, Plan, finished, is_task
from tests.unit.sequence.test_model import EXAMPLES, NIGHTLY, check

DEV = """\
stages:
- {name: dev, deployment_strategy: dark, test_strategy: functional, approval_strategy: {pass: manual}}
"""
BLUE_GREEN = f"""{DEV}\
- {{name: prod, deployment_strategy: blue_green, soak_time: 1m, freeze: [{{cron: "0 9 * * *", duration: 30m}}]}}
"""
CANARY = f"""{DEV}\
- name: prod
  deployment_strategy: canary
  approval_strategy: {{warning: manual}}
  canary:
    steps:
    - {{weight_percent: 5, hold: 1m}}
    - {{approval: manual}}
    - {{weight_percent: 25, hold: 1m}}
    - {{weight_percent: 60, hold: 1m, evaluation: none}}
"""
STEPS = [5, 25, 60]
IMAGES = ("carts:0.1", "carts:0.2", "carts:0.3")
CONTROLS = (Control.PAUSE, Control.RESUME, Control.PROMOTE, Control.ABORT, Control.RERUN)


def moods(seed: int):
    """Executors that pass, warn, fail, err, repeat themselves, only begin, or say nothing at all."""
    random = Random(seed)

    def answer(task: Event) -> list[Event]:
        name, mood = parse_type(task.type).name, random.randrange(20)
        artifact = task.data.get("artifact") or {"image": "unknown", "digest": "unknown"}
        live = {name: {"live": artifact}} if name in {"release", "action"} else {}
        if name == "soak" or mood == 0:
            return []
        result = {1: "fail", 2: "warning", 3: "fail"}.get(mood, "pass")
        first = finished(task, source="one", result=result, **live)
        if name == "evaluation" and random.randrange(8) == 0:  # a person looks at the numbers and has seen enough
            place = {key: str(task.data[key]) for key in ("stage", "service")}
            number = random.randrange(1000)
            return [_control(Control.PROMOTE, number, context=task.context, **place), first]
        return [first, finished(task, source="two", result="pass")] if mood == 4 else [first]

    return answer


def arrivals(random: Random) -> list[Event]:
    """Artifacts, problems and orders of people, in any order; at the end everybody is let go on."""
    found = [_event("dev.delivery", n, _artifact(random.choice(IMAGES))) for n in range(random.randrange(1, 5))]
    found += [_event("prod.remediation", n, {"problem": {"PID": str(n % 2)}}) for n in range(random.randrange(3))]
    found += [_over(n) for n in range(random.randrange(2))]
    found += [_event("prod.rollback", n, {}) for n in range(random.randrange(2))]
    for number in range(random.randrange(4)):
        found.append(_control(random.choice(CONTROLS), number, context=f"dev.delivery-{random.randrange(3)}"))
    random.shuffle(found)
    return found


def _event(sequence: str, number: int, data: dict) -> Event:
    scope = {"project": "p", "stage": sequence.partition(".")[0], "service": "carts"}
    kind, name = f"sh.keptn.event.{sequence}.triggered", f"{sequence}-{number}"
    return Event(type=kind, id=name, source="outside", time=START, context=name, data={**scope, **data})


def _over(number: int) -> Event:
    told = {"project": "p", "stage": "prod", "service": "carts", "problem": {"PID": str(number), "State": "RESOLVED"}}
    return Event(type=PROBLEM_RESOLVED, id=f"over-{number}", source="outside", time=START, context="over", data=told)


def _artifact(image: str) -> dict:
    return {"configurationChange": {"values": {"image": image}}, "artifact": {"image": image, "digest": image}}


def _control(control: Control, number: int, *, context: str = "", **data: str) -> Event:
    kind = control_type(control)
    return Event(
        type=kind, id=f"{kind}-{number}", source="ann", time=START, context=context, data={"project": "p", **data}
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not NIGHTLY)
@given(seed=st.integers(0, 2**32))
def test_the_invariants_hold_whatever_happens(seed):
    """One holder per slot, one end per task, released is evaluated, no step left out; and all comes to an end."""
    random = Random(seed)
    plan = Plan(
        random,
        crash=0.02,
        lie=0.03,
        race=0.1,
        away=0.03,
        repeat=0.15,
        lose=0.3,
        busy=0.05,
        broken=0.2,
        skew_s=random.uniform(-20, 20),
        refuses=0.05,
        reorder=True,
    )
    broker = Broker(random.choice((BLUE_GREEN, CANARY)), plan, moods(seed))
    broker.run(arrivals(random))
    for number in range(10):  # lifting a pin may let a delivery in, whose rollback was asked for before
        contexts = {document["context"] for document in broker.store.documents()}
        lifted = [_control(Control.UNPIN, number, stage=stage, service="carts") for stage in ("dev", "prod")]
        broker.clock.sleep(1)
        resumed = [_late(_control(Control.RESUME, number, context=context), broker) for context in sorted(contexts)]
        broker.run([*lifted, *resumed])
    check(broker)
    released_is_evaluated(broker)
    no_step_is_left_out(broker)


def _late(event: Event, broker: Broker) -> Event:
    return replace(event, id=f"{event.id}-{event.context}", time=broker.clock.now())


def released_is_evaluated(broker: Broker) -> None:
    """Nothing is released that was not evaluated in the same delivery and stage, unless a person said so."""
    tasks = [event for event in broker.posted.values() if is_task(event) and not _promoted(event, broker)]
    evaluated = {_what(event) for event in tasks if event.type.endswith(".evaluation.triggered")}
    assert {_what(event) for event in tasks if event.type.endswith(".release.triggered")} <= evaluated


def no_step_is_left_out(broker: Broker) -> None:
    """Each execution takes its steps in order, each once; without a person's word it releases after the last only.

    A rerun begins with the step that failed, if no rollback has undone it.
    """
    for document in broker.store.documents():
        weights = [run["share"]["weight_percent"] for run in document["tasks"] if run["name"] == "traffic"]
        assert weights in [STEPS[first:last] for first in range(4) for last in range(first, 4)]
        released = any(run["name"] == "release" for run in document["tasks"])
        if released and broker.shipyard == CANARY and document["stage"] == "prod" and not document["promoted"]:
            reruns = document["tasks"][0]["name"] in ("soak", "release")
            assert weights[-1:] == STEPS[-1:] or reruns


def _promoted(event: Event, broker: Broker) -> bool:
    """Whether it is of an execution that a person promoted."""
    return any(event.id in {run["id"] for run in d["tasks"]} and d["promoted"] for d in broker.store.documents())


def _what(event: Event) -> tuple[str, str, str]:
    return (event.context, event.data["stage"], str(event.data.get("artifact")))
