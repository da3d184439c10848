"""Every way through a shipyard: each sequence is run by the engine to each of its ends, to see what follows.

Called by `keptn simulate` without events. What follows a sequence depends on its end alone, so that the ends of each
sequence are all the paths there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keptn import events, shipyard
from keptn.events import Event, Phase, Result, parse_type, sequence_type
from keptn.shipyard import SequenceDefinition, Shipyard, Task
from keptn.simulation.world import World

_PROJECT, _SERVICE = "simulated", "simulated"
_ENOUGH_S = 40 * 24 * 3600.0
"""Long enough for every wait of a sequence; tasks are answered before they time out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One end of a sequence and what it starts. result: of the task it ended with."""

    task: str
    result: Result
    followers: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"fail at {self.task}" if self.result is Result.FAIL else str(self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A sequence of a stage, with all its ends."""

    name: str
    tasks: tuple[str, ...]
    triggers: bool
    endings: tuple[Ending, ...]


def walk(text: bytes, *, file: str) -> tuple[Shipyard, list[Node]]:
    """The shipyard, and each of its sequences with its ends. Raises InvalidFile."""
    parsed = shipyard.parse(text, file=file)
    nodes = [
        Node(
            name=f"{stage.name}.{sequence.name}",
            tasks=tuple(_shown(task) for task in sequence.tasks),
            triggers=bool(sequence.triggered_on),
            endings=tuple(_endings(text, stage.name, sequence)),
        )
        for stage in parsed.stages
        for sequence in stage.sequences
    ]
    return parsed, nodes


def paths(nodes: list[Node], *, rounds: int = 2) -> list[list[str]]:
    """Every path from a sequence that nothing starts; a sequence comes at most `rounds` times on a path."""
    known = {node.name: node for node in nodes}
    found: list[list[str]] = []
    for node in nodes:
        if _is_entry(node, nodes):
            found += _from(node, known, [], rounds)
    return found


def _shown(task: Task) -> str:
    """Its name, and what tells it from others of that name."""
    return f"{task.name} {task.properties['weight_percent']} %" if task.name == "traffic" else task.name


def _is_entry(node: Node, nodes: list[Node]) -> bool:
    others = (e.followers for other in nodes if other.name != node.name for e in other.endings)
    return not any(node.name in followers for followers in others)


def _from(node: Node, known: dict[str, Node], way: list[str], rounds: int) -> list[list[str]]:
    if sum(step.startswith(f"{node.name} ") for step in way) >= rounds:
        return [[*way, "…"]]
    found: list[list[str]] = []
    for ending in node.endings:
        here = [*way, f"{node.name} ({ending.text})"]
        further = [path for name in ending.followers for path in _from(known[name], known, here, rounds)]
        found += further or [here]
    return found


def _endings(text: bytes, stage: str, sequence: SequenceDefinition) -> Iterator[Ending]:
    for position, task in enumerate(sequence.tasks):
        if task.name != "soak":
            yield _run(text, stage, sequence, position, Result.FAIL)
    for result in (Result.PASS, Result.WARNING):
        yield _run(text, stage, sequence, len(sequence.tasks) - 1, result)


def _run(text: bytes, stage: str, sequence: SequenceDefinition, last: int, result: Result) -> Ending:
    """Let every task pass, the one at `last` end with `result`, and see which sequences the engine starts."""
    world, name = World(text), sequence.name
    emitted = world.send(_trigger(world, stage, name))
    for position in range(last + 1):
        task = _open_task(world, emitted, sequence.tasks[position].name)
        if task is None:
            break
        emitted = _finish(world, task, result if position == last else Result.PASS)
    followers = [
        f"{parts.stage}.{parts.name}"
        for event in emitted
        if (parts := parse_type(event.type)) and parts.stage and parts.phase is Phase.TRIGGERED
    ]
    return Ending(task=_shown(sequence.tasks[last]), result=result, followers=tuple(followers))


def _trigger(world: World, stage: str, sequence: str) -> Event:
    data = {"project": _PROJECT, "stage": stage, "service": _SERVICE}
    if sequence == "remediation":
        data["problem"] = "simulated"
    return Event(
        type=sequence_type(stage, sequence, Phase.TRIGGERED),
        id="simulated",
        source="keptn/simulate",
        time=world.clock.now(),
        context="simulated",
        data=data,
    )


def _open_task(world: World, emitted: list[Event], name: str) -> Event | None:
    """The task that comes next, after waiting for it if it is triggered later."""
    wanted = events.task_type(name, Phase.TRIGGERED)
    found = next((event for event in emitted if event.type == wanted), None)
    return found or next((event for event in world.wait(_ENOUGH_S) if event.type == wanted), None)


def _finish(world: World, task: Event, result: Result) -> list[Event]:
    if task.type == events.task_type("soak", Phase.TRIGGERED):
        return world.wait(_ENOUGH_S)
    emitted: list[Event] = []
    for number in range(99):  # as many executors as the task wants
        source = f"executor-{number}"
        emitted += world.send(events.finished(task, source=source, now=world.clock.now(), result=result))
        if not world.is_open(task):
            break
    return emitted
