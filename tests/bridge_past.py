"""A large past, written straight into a store: what pages of the bridge cost on it, and how large they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keptn import events
from keptn.events import Event, Phase, Scope
from keptn.orchestration import execution_documents
from keptn.ports import ConfigRepo, ObjectStore
from keptn.records import audit, objects
from keptn.sequence import codec
from keptn.sequence.slot import Execution, Pin, Rank, Slot, TaskRun, Version
from tests import evaluation_history
from tests.evaluation_history import SLO
from tests.world import SHIPYARD, VALUES, World, digest_of

STAGES = ("dev", "staging", "prod")
TASKS = ("deployment", "test", "get-sli", "evaluation", "approval", "release", "soak")
BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAID = "response_time_p95 is 812.4 ms, above the limit of 600 ms, over 1,204 requests of the last five minutes"
CARTS = Scope(project="sockshop", stage="staging", service="carts")
LONG, WHOLE = "context-long", "an-event-of-a-megabyte"
"""The delivery with many tasks and events, and the largest of its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How much of it. said: what tasks, events, verdicts and letters say. services: of the project `market`.

    busy: everywhere somebody pinned the stage, and a delivery asks a person.
    """

    deliveries: int = 300
    projects: int = 3
    services: int = 3
    evaluations: int = 30
    events: int = 300
    letters: int = 100
    problems: int = 20
    tasks: int = 21
    largest_event_bytes: int = 1000
    said: str = SAID
    busy: bool = False

    def times(self, factor: int) -> Past:
        """The same installation after so many times as long: as many projects and services, more of what ends."""
        longer = ("deliveries", "evaluations", "events", "letters", "problems")
        return replace(self, **{name: getattr(self, name) * factor for name in longer})


def letter_of(past: Past) -> str:
    """The key of the dead letter whose event is the largest: the oldest."""
    return objects.dead_letter_key(BEGAN, _letter(0, past)["id"])


def fill(world: World, past: Past) -> None:
    """Sockshop has the past, market the services, the others deliveries alone."""
    store = world.store
    projects = ["sockshop", *(f"team-{number:02d}" for number in range(past.projects - 2)), "market"]
    for project in projects[:-1]:
        world.with_sockshop(project)
    _market(world.config_repo, past)
    for number in range(past.deliveries):
        _deliver(store, Scope(project=projects[number % (len(projects) - 1)], stage="", service="carts"), number, past)
    for scope in _scopes(projects, past):
        live = Version(digest=digest_of("0.2"), image=f"keptn/{scope.service}:0.2", since=BEGAN)
        before = replace(live, image=f"keptn/{scope.service}:0.1", digest=digest_of("0.1"))
        slot = Slot(scope=scope, live=live, history=(live, before))
        store.put(objects.slot(scope), codec.encode(_busy(slot, past) if past.busy else slot))
    evaluation_history.keep(store, CARTS, count=past.evaluations, begun=BEGAN, context="context")
    for one in _events(past):
        audit.keep(store, one)
    for number in range(past.letters):
        letter = _letter(number, past)
        name = objects.dead_letter(BEGAN + timedelta(seconds=number), letter["id"])
        store.put(name, json.dumps(letter).encode())


def _market(repo: ConfigRepo, past: Past) -> None:
    names = _services(past)
    files = {f"{name}/values.yaml": VALUES.replace(b"carts", name.encode()) for name in names}
    files |= {f"{name}/slo.yaml": SLO.encode() for name in names}
    branches = {"main": {"shipyard.yaml": SHIPYARD}, **dict.fromkeys(STAGES, files)}
    repo.create("market", branches, message="Create project\n")


def _services(past: Past) -> list[str]:
    return [f"service-{number:03d}" for number in range(past.services)]


def _scopes(projects: list[str], past: Past) -> Iterator[Scope]:
    for project in projects:
        for stage in STAGES:
            for name in _services(past) if project == "market" else ("carts",):
                yield Scope(project=project, stage=stage, service=name)


def _deliver(store: ObjectStore, where: Scope, number: int, past: Past) -> None:
    begun = BEGAN + timedelta(minutes=number)
    for place, stage in enumerate(STAGES):
        at = begun + timedelta(seconds=10 * place)
        made = _execution(f"context-{number}", stage, at, TASKS, past.said)
        execution_documents.write(store, made, scope=replace(where, stage=stage), revision=1)


def _execution(context: str, stage: str, at: datetime, tasks: tuple[str, ...], said: str) -> Execution:
    runs = [
        TaskRun(
            name=name,
            index=place,
            id=f"{context}-{stage}-{place}",
            triggered_at=at,
            due=at + timedelta(hours=1),
            ended_at=at + timedelta(seconds=5),
            result="pass",
            status="succeeded",
            message=said,
        )
        for place, name in enumerate(tasks)
    ]
    return Execution(
        id=f"{context}-{stage}",
        context=context,
        sequence="delivery",
        shipyard="",
        rank=Rank.ORDINARY,
        triggered_at=at,
        root_time=at,
        ended="finished",
        ended_at=at + timedelta(seconds=60),
        result="fail",
        status="succeeded",
        message=said,
        image="keptn/carts:0.2",
        digest=digest_of("0.2"),
        runs=tuple(runs),
    )


def _busy(slot: Slot, past: Past) -> Slot:
    """Pinned, with a candidate that asks a person, and another one that waits for it."""
    place = slot.scope
    asks = _execution(f"asks-{place.stage}-{place.service}", place.stage, BEGAN, ("deployment", "approval"), past.said)
    *done, last = asks.runs
    holding = replace(
        asks, ended="", ended_at=None, holds=True, runs=(*done, replace(last, ended_at=None, result="", status=""))
    )
    waiting = replace(holding, id=f"{asks.id}-2", holds=False, runs=(), wait=past.said)
    return replace(slot, pin=Pin(by="ann", reason=past.said, at=BEGAN), executions=(holding, waiting))


def add_long_delivery(store: ObjectStore, past: Past) -> None:
    """Of many tasks, ten a stage, and twice as many events, of which one is the largest."""
    for number in range(past.tasks // 10):
        at, stage = BEGAN + timedelta(minutes=number), f"stage-{number:02d}"
        made = _execution(LONG, stage, at, (*TASKS, "a", "b", "c"), past.said)
        execution_documents.write(store, made, scope=replace(CARTS, stage=stage), revision=1)
    for number in range(past.tasks * 2):
        audit.keep(store, _event(f"long-{number}", "deployment.finished", LONG, number, {"message": past.said}))
    large = {"message": past.said, "deployment": {"log": past.said * (past.largest_event_bytes // len(past.said))}}
    audit.keep(store, _event(WHOLE, "deployment.finished", LONG, -1, large))


def _events(past: Past) -> Iterator[Event]:
    """Of deliveries of sockshop, by keptn and by people; last of all the problems, each with a delivery of its own."""
    for number in range(past.events):
        if (place := number - past.events + past.problems) >= 0:
            yield _problem(number, f"context-{place * (past.projects - 1)}", past)
        else:
            said = {"message": past.said, "reason": past.said}
            context = f"context-{number // 100 * (past.projects - 1)}"
            yield _event(f"event-{number}", f"{TASKS[number % 7]}.finished", context, number, said)


def _problem(number: int, context: str, past: Past) -> Event:
    told = {"ProblemTitle": past.said, "rootCause": past.said, "ProblemURL": "https://monitor.example.com/1"}
    return replace(
        _event(f"problem-{number}", "x", context, number, {"problem": told, "stage": "prod"}),
        type=events.sequence_type("prod", "remediation", Phase.TRIGGERED),
    )


def _event(event_id: str, name: str, context: str, number: int, data: Mapping[str, Any]) -> Event:
    return Event(
        type=events.PREFIX + name,
        source="keptn/tests",
        id=event_id,
        time=BEGAN + timedelta(seconds=number),
        context=context,
        data={"project": "sockshop", "stage": "staging", "service": "carts", "result": "pass", **data},
    )


def _letter(number: int, past: Past) -> dict[str, Any]:
    size = past.largest_event_bytes if number == 0 else 300
    log = past.said * (size // len(past.said))
    event = _event(f"letter-{number}", "deployment.triggered", f"context-{number}", number, {"log": log})
    return {
        "id": events.derived_id(event.id, "letter"),
        "time": events.rfc3339(event.time),
        "reason": f"deploy answered 503 ({past.said})",
        "subscriber": "http://deploy.keptn.svc.cluster.local",
        "event": events.to_dict(event),
    }
