"""The product's form of a shipyard (0.2.x, keptn 0.8 to 1.4).

    apiVersion: spec.keptn.sh/0.2.3       # any version from 0.2 on
    kind: Shipyard
    metadata: {name: shipyard-sockshop}
    spec:
      stages:
        - name: dev
          freeze: [{cron: "0 17 * * 5", duration: 63h, timezone: Europe/Vienna, reason: weekend}]   # ours
          sequences:
            - name: delivery
              triggeredOn: [{event: test.delivery.finished, selector: {match: {result: pass}}}]
              tasks:
                - {name: deployment, triggeredAfter: 10m, properties: {deploymentstrategy: direct}}

Properties are free; three of them also tell the engine something: `timeout` (a duration), `executors` (how many answer
the task) and, for the built-in task `soak`, `duration`. A selector knows `result`, `<task>.result` and, ours,
`status: aborted`. Source: keptn specification, shipyard.md; unknown keys are errors, as in its JSON schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from keptn.documents import Document, Path
from keptn.shipyard import canary, reading
from keptn.shipyard.model import SequenceDefinition, Shipyard, Stage, Task, TriggeredOn

_VERSION = re.compile(r"(?:spec\.keptn\.sh/)?v?(\d+)\.(\d+)(?:\.(\d+))?")


def read(document: Document, *, name: str) -> Shipyard:
    """Read the form. Raises InvalidFile."""
    root = reading.mapping(
        document, document.data, (), what="the shipyard", keys=("apiVersion", "kind", "metadata", "spec")
    )
    _check_version(document, root)
    spec = reading.mapping(document, root.get("spec"), ("spec",), what="spec", keys=("stages",))
    stages = _stages(document, spec.get("stages"))
    metadata = root.get("metadata")
    named = metadata.get("name") if isinstance(metadata, Mapping) else None
    return Shipyard(name=str(named or name or "shipyard"), stages=stages)


def _check_version(document: Document, root: Mapping[str, Any]) -> None:
    version = root.get("apiVersion")
    match = _VERSION.fullmatch(str(version))
    if not match or (int(match[1]), int(match[2])) < (0, 2):
        raise document.error(f"apiVersion {version!r} is not known; write spec.keptn.sh/0.2.3", "apiVersion")


def _stages(document: Document, value: object) -> tuple[Stage, ...]:
    stages: dict[str, Stage] = {}
    for path, item in reading.items(document, value, ("spec", "stages"), what="stages"):
        found = reading.mapping(document, item, path, what="a stage", keys=("name", "freeze", "sequences"))
        name = reading.stage_name(document, found, path, taken=stages)
        stages[name] = Stage(
            name=name,
            sequences=_sequences(document, found.get("sequences") or [], (*path, "sequences")),
            freeze=reading.freeze(document, found.get("freeze"), (*path, "freeze")),
        )
    if not stages:
        raise document.error("a shipyard needs at least one stage", "spec", "stages")
    return tuple(stages.values())


def _sequences(document: Document, value: object, path: Path) -> tuple[SequenceDefinition, ...]:
    sequences: dict[str, SequenceDefinition] = {}
    for at, item in reading.items(document, value, path, what="sequences"):
        found = reading.mapping(document, item, at, what="a sequence", keys=("name", "triggeredOn", "tasks"))
        name = reading.name(document, found, at, what="a sequence")
        if name in sequences:
            raise document.error(f"sequence {name!r} stands twice in this stage", *at, "name")
        sequences[name] = SequenceDefinition(
            name=name,
            tasks=_tasks(document, found.get("tasks"), (*at, "tasks")),
            triggered_on=_triggers(document, found.get("triggeredOn") or [], (*at, "triggeredOn")),
        )
    return tuple(sequences.values())


def _tasks(document: Document, value: object, path: Path) -> tuple[Task, ...]:
    tasks = tuple(_task(document, item, at) for at, item in reading.items(document, value, path, what="tasks"))
    if not tasks:
        raise document.error("a sequence needs at least one task", *path)
    traffic = [(place, task.properties) for place, task in enumerate(tasks) if task.name == "traffic"]
    at = [((*path, place, "properties", "weight_percent"), given.get("weight_percent")) for place, given in traffic]
    canary.check_weights(document, at)
    return tasks


def _task(document: Document, value: object, path: Path) -> Task:
    found = reading.mapping(document, value, path, what="a task", keys=("name", "triggeredAfter", "properties"))
    after = found.get("triggeredAfter")
    task = Task(
        name=reading.name(document, found, path, what="a task"),
        properties=reading.properties(document, found.get("properties"), (*path, "properties")),
        triggered_after_s=reading.duration(document, after, (*path, "triggeredAfter")) if after is not None else 0.0,
    )
    reading.soak_is_complete(document, task, path)
    if task.name == "deployment":
        canary.deployment(document, task.properties, (*path, "properties"))
    if task.name == "evaluation":
        reading.window(document, task.properties, (*path, "properties"))
    return task


def _triggers(document: Document, value: object, path: Path) -> tuple[TriggeredOn, ...]:
    return tuple(_trigger(document, item, at) for at, item in reading.items(document, value, path, what="triggeredOn"))


def _trigger(document: Document, value: object, path: Path) -> TriggeredOn:
    found = reading.mapping(document, value, path, what="triggeredOn", keys=("event", "selector"))
    match = re.fullmatch(r"(?:sh\.keptn\.event\.)?([^.]+)\.([^.]+)\.finished", str(found.get("event")))
    if match is None:
        raise document.error(
            f"a trigger's event must be <stage>.<sequence>.finished; it is {found.get('event')!r}", *path, "event"
        )
    return TriggeredOn(stage=match[1], sequence=match[2], match=_match(document, found.get("selector"), path))


def _match(document: Document, selector: object, path: Path) -> Mapping[str, str] | None:
    if selector is None:
        return None
    at = (*path, "selector")
    found = reading.mapping(document, selector, at, what="a selector", keys=("match",)).get("match")
    if not isinstance(found, Mapping):
        raise document.error("a selector needs 'match', for example {match: {result: pass}}", *at)
    for key in found:
        if key not in ("result", "status") and not str(key).endswith(".result"):
            raise document.error(f"a selector knows result, <task>.result and status, not {key!r}", *at, "match", key)
    return {str(key): str(value) for key, value in found.items()}
