"""What is legal in a shipyard of the product's form but surely not meant: warnings with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from keptn.documents import Document, Path
from keptn.errors import Refused
from keptn.shipyard.model import API_VERSION, BUILT_IN_TASKS, SequenceDefinition, Shipyard, Stage, TriggeredOn

_RESULTS = ("pass", "warning", "fail")
KNOWN_VERSIONS = ("0.2", "0.2.0", "0.2.1", "0.2.2", "0.2.3")
Node = tuple[str, str]


def checked(shipyard: Shipyard, document: Document) -> Shipyard:
    """The shipyard with its warnings."""
    found = [
        *_version(document),
        *_triggers(shipyard, document),
        *_cycles(shipyard, document),
        *_misplaced(shipyard),
        *_strategies(shipyard),
        *_webhooks(shipyard),
    ]
    warnings = [f"{document.file}:{document.line(path) or 1}: {text}" for path, text in found]
    return replace(shipyard, warnings=tuple(warnings))


def _version(document: Document) -> Iterator[tuple[Path, str]]:
    """A later version may mean what nobody here knows."""
    version = str(document.data.get("apiVersion")).removeprefix("spec.keptn.sh/")
    if version.removeprefix("v") not in KNOWN_VERSIONS:
        yield ("apiVersion",), f"apiVersion {version} is not known; the file is read as {API_VERSION}"


def _triggers(shipyard: Shipyard, document: Document) -> Iterator[tuple[Path, str]]:
    del document
    for stage, sequence, path in _sequences(shipyard):
        reasons = [_never(shipyard, trigger) for trigger in sequence.triggered_on]
        for position, reason in enumerate(reasons):
            if reason:
                yield (*path, "triggeredOn", position), reason
        if reasons and all(reasons):
            names = ", ".join(task.name for task in sequence.tasks)
            text = f"nothing starts {stage.name}.{sequence.name} by itself, so nobody reaches its tasks: {names}"
            yield path, text


def _misplaced(shipyard: Shipyard) -> Iterator[tuple[Path, str]]:
    """A weight without a candidate."""
    for _, sequence, path in _sequences(shipyard):
        names = [task.name for task in sequence.tasks]
        for position in (place for place, name in enumerate(names) if name == "traffic"):
            if "deployment" not in names[:position] or "release" in names[:position]:
                text = "this task will be refused: a weight needs a candidate, between a deployment and its release"
                yield (*path, "tasks", position), text


def _webhooks(shipyard: Shipyard) -> Iterator[tuple[Path, str]]:
    """A built-in task that a webhook shall carry out: two would."""
    for _, sequence, path in _sequences(shipyard):
        for position, task in enumerate(sequence.tasks):
            if task.properties.get("webhook") and task.name in BUILT_IN_TASKS:
                text = f"this task will fail: {task.name} is built in, which no webhook carries out; name it otherwise"
                yield (*path, "tasks", position), text


def _strategies(shipyard: Shipyard) -> Iterator[tuple[Path, str]]:
    """A strategy that the built-in deployment refuses; an executor of a team's own may know it."""
    from keptn.deployment.strategy import strategy_named  # noqa: PLC0415 - only who checks a file asks

    for _, sequence, path in _sequences(shipyard):
        for position, task in enumerate(sequence.tasks):
            named = task.properties.get("deploymentstrategy")
            if task.name == "deployment" and named is not None:
                try:
                    if strategy_named(str(named)).value == "direct" and named != "direct":
                        yield (*path, "tasks", position), f"deploymentstrategy {named!r} is read as direct"
                except Refused as refused:
                    yield (*path, "tasks", position), f"this deployment will be refused: {refused}"


def _never(shipyard: Shipyard, trigger: TriggeredOn) -> str:
    """Why this trigger never fires; empty if it may."""
    stage = next((s for s in shipyard.stages if s.name == trigger.stage), None)
    if stage is None:
        return f"there is no stage {trigger.stage!r}, this never fires; stages: {', '.join(shipyard.stage_names)}"
    names = [s.name for s in stage.sequences]
    if trigger.sequence not in (*names, "evaluation"):
        reason = f"stage {stage.name!r} has no sequence {trigger.sequence!r}, this never fires"
        return f"{reason}; it has: {', '.join(names)}"
    return _never_matches(stage, trigger)


def _never_matches(stage: Stage, trigger: TriggeredOn) -> str:
    if trigger.match is None:
        return ""
    tasks = [task.name for task in stage.sequence(trigger.sequence).tasks]
    if any(_can_match(key, value, tasks) for key, value in trigger.match.items()):
        return ""
    if not trigger.match:
        return "an empty match never matches; leave the selector out for pass or warning"
    wanted = ", ".join(f"{key}: {value}" for key, value in trigger.match.items())
    return f"the selector {wanted} never matches; results are {', '.join(_RESULTS)}, tasks here: {', '.join(tasks)}"


def _can_match(key: str, value: str, tasks: list[str]) -> bool:
    if key == "status":
        return value == "aborted"
    known = key == "result" or key.removesuffix(".result") in tasks
    return known and value in _RESULTS


def _cycles(shipyard: Shipyard, document: Document) -> Iterator[tuple[Path, str]]:
    """A circle is reported once. One that asks a runbook for its next action ends with the runbook's actions."""
    del document
    after: dict[Node, list[Node]] = {}
    places: dict[Node, Path] = {}
    for stage, sequence, path in _sequences(shipyard):
        node = (stage.name, sequence.name)
        places[node] = path
        for trigger in sequence.triggered_on:
            if not _never(shipyard, trigger) and not _ends(sequence, trigger, node):
                after.setdefault((trigger.stage, trigger.sequence), []).append(node)
    for circle in _circles(after):
        text = " → ".join(f"{stage}.{sequence}" for stage, sequence in [*circle, circle[0]])
        what = "this sequence starts itself" if len(circle) == 1 else "these sequences start each other in a circle"
        yield places.get(circle[0], ()), f"{what}: {text}"


def _ends(sequence: SequenceDefinition, trigger: TriggeredOn, node: Node) -> bool:
    return (trigger.stage, trigger.sequence) == node and sequence.position("get-action") is not None


def _circles(after: dict[Node, list[Node]]) -> Iterator[list[Node]]:
    done: set[Node] = set()
    for start in sorted(after):
        yield from _walk(start, [], after, done)


def _walk(node: Node, way: list[Node], after: dict[Node, list[Node]], done: set[Node]) -> Iterator[list[Node]]:
    if node in way:
        yield way[way.index(node) :]
        return
    if node not in done:
        for following in after.get(node, []):
            yield from _walk(following, [*way, node], after, done)
        done.add(node)


def _sequences(shipyard: Shipyard) -> Iterator[tuple[Stage, SequenceDefinition, Path]]:
    for i, stage in enumerate(shipyard.stages):
        for j, sequence in enumerate(stage.sequences):
            yield stage, sequence, ("spec", "stages", i, "sequences", j)
