"""Drives the real engine in memory, as executors, people and time would."""

from __future__ import annotations

from typing import Any

from keptn import events, orchestration
from keptn.events import Control, Event, Result, Status, control_type, parse_type, sequence_type
from keptn.records import deliveries
from keptn.simulation.world import World

SLOT = {"project": "sockshop", "service": "carts"}


class Driver:
    """Keeps what was emitted and which tasks are open."""

    def __init__(self, shipyard: str, **given: Any) -> None:
        self.world = World(shipyard, **given)
        self.emitted: list[Event] = []
        self.open: list[Event] = []
        self._count = 0

    @property
    def store(self):
        return self.world.context.store

    def send(self, event: Event) -> list[Event]:
        return self._taken(self.world.send(event))

    def posted(self, event: Event) -> list[Event]:
        """What the engine posts when it hears the event, also what it has posted before; nobody hears of it."""
        self.world.sink.posted.clear()
        orchestration.handle(event, self.world.context)
        found = [posted for posted in self.world.sink.posted if posted.type != events.TIMER_SET]
        self.world.sink.posted.clear()
        return found

    def advance(self, seconds: float) -> list[Event]:
        return self._taken(self.world.advance(seconds))

    def trigger(self, stage: str, sequence: str = "delivery", *, id: str, image: str = "", **data: Any) -> list[Event]:
        artifact = {}
        if image:
            artifact = {
                "configurationChange": {"values": {"image": image}},
                "artifact": {"image": image, "digest": f"sha256:{image}"},
            }
        return self.send(self.event(sequence_type(stage, sequence, "triggered"), id, stage, {**artifact, **data}))

    def problem(self, stage: str, *, id: str, **problem: Any) -> list[Event]:
        told = {"ProblemTitle": "too slow", "PID": id, "State": "OPEN", **problem}
        return self.trigger(stage, "remediation", id=id, problem=told)

    def resolved(self, stage: str, problem_id: str) -> list[Event]:
        """The monitor says that the problem is over."""
        told = {"ProblemTitle": "too slow", "PID": problem_id, "State": "RESOLVED"}
        return self.send(self.event(events.PROBLEM_RESOLVED, f"over-{problem_id}", stage, {"problem": told}))

    def event(self, event_type: str, id: str, stage: str, data: dict[str, Any]) -> Event:
        self._count += 1
        return Event(
            type=event_type,
            id=id,
            source="outside",
            time=self.world.clock.now(),
            context=f"context-{id}",
            data={**SLOT, "stage": stage, **data},
        )

    def task(self, name: str, stage: str = "", context: str = "") -> Event:
        """The open task of that name."""
        return next(
            task
            for task in self.open
            if parse_type(task.type).name == name
            and stage in {"", task.data["stage"]}
            and (not context or task.context == f"context-{context}")
        )

    def started(self, name: str, *, source: str = "executor", stage: str = "") -> list[Event]:
        return self.send(events.started(self.task(name, stage), source=source, now=self.world.clock.now()))

    def finish(
        self,
        name: str,
        result: str = "pass",
        *,
        status: str = "succeeded",
        source: str = "executor",
        stage: str = "",
        context: str = "",
        message: str = "",
        **payload: Any,
    ) -> list[Event]:
        answer = self.answer(
            self.task(name, stage, context), result, status=status, source=source, message=message, **payload
        )
        return self.send(answer)

    def answer(
        self, task: Event, result: str = "pass", *, status: str = "succeeded", source: str = "executor", **given: Any
    ) -> Event:
        return events.finished(
            task,
            source=source,
            now=self.world.clock.now(),
            result=Result(result),
            status=Status(status),
            message=given.pop("message", ""),
            payload=given,
        )

    def run(self, *, stage: str = "", **results: str) -> None:
        """Finish every open task, and what follows, until none is open."""
        while open_tasks := [task for task in self.open if stage in {"", task.data["stage"]}]:
            name = parse_type(open_tasks[0].type).name
            self.send(self.answer(open_tasks[0], results.get(name.replace("-", "_"), "pass")))

    def control(self, control: Control, id: str, *, stage: str = "", **data: Any) -> list[Event]:
        self._count += 1
        return self.send(
            Event(
                type=control_type(control),
                id=f"control-{self._count}",
                source="person",
                time=self.world.clock.now(),
                context=f"context-{id}",
                data={"project": "sockshop", **({"stage": stage} if stage else {}), **data},
            )
        )

    def state(self, id: str) -> str:
        return self.world.states([f"context-{id}"])[f"context-{id}"]

    def delivery(self, id: str) -> dict[str, Any]:
        found = deliveries.delivery(self.store, f"context-{id}")
        assert found
        return found

    def execution(self, id: str, stage: str, sequence: str = "delivery") -> dict[str, Any]:
        """The last execution of that sequence."""
        return [
            document
            for document in deliveries.documents(self.store, f"context-{id}")
            if (document["stage"], document["sequence"]) == (stage, sequence)
        ][-1]

    def told(self, id: str, stage: str, sequence: str = "delivery") -> tuple[str, str, str]:
        """State, result and message of an execution."""
        document = self.execution(id, stage, sequence)
        return document["state"], document["result"], document["message"]

    def _taken(self, emitted: list[Event]) -> list[Event]:
        self.emitted += emitted
        for event in emitted:
            parts = parse_type(event.type)
            if parts and not parts.stage and parts.phase == "triggered":
                self.open.append(event)
        over = {event.triggered_id for event in self.emitted}
        self.open = [task for task in self.open if task.id not in over and self._is_open(task)]
        return emitted

    def _is_open(self, task: Event) -> bool:
        for document in deliveries.documents(self.store, task.context):
            for run in document["tasks"]:
                if run["id"] == task.id:
                    return not run["finished_at"]
        return False


def types(emitted: list[Event]) -> list[str]:
    """Type of each event without its prefix."""
    return [event.type.removeprefix(events.PREFIX) for event in emitted]
