"""What a stage does with what comes to it: its strategies, its gates, whether it asks a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn import shipyard
from keptn.api import known
from keptn.context import Context
from keptn.errors import KeptnError, Unavailable
from keptn.evaluation import gate_files
from keptn.events import Result, Scope
from keptn.projects import stages
from keptn.shipyard.model import Shipyard, Stage, Task


def described(project: str, wanted: Sequence[str], ctx: Context, *, gates: bool = True) -> list[Mapping[str, object]]:
    """Each of the stages: its services; what the shipyard says of it, unless that is broken; its services' gates.

    gates: each is a file or two to be read and understood, so that a hundred services take a second.
    """
    read = _shipyard(project, ctx)
    return [_described(project, stage, read, ctx, gates=gates) for stage in wanted]


def _described(project: str, stage: str, read: Shipyard | None, ctx: Context, *, gates: bool) -> Mapping[str, object]:
    services = known.services(project, stage, ctx)
    told = _of_shipyard(read.stage(stage)) if read and stage in read.stage_names else {}
    found = {"stageName": stage, "services": list(services), **told}
    if not gates:
        return found
    of_each = (_gate(Scope(project=project, stage=stage, service=name), ctx) for name in services)
    return {**found, "gates": [gate for gate in of_each if gate]}


def _shipyard(project: str, ctx: Context) -> Shipyard | None:
    """None for a broken one: the list of stages says what is wrong with it."""
    text = stages.shipyard(ctx.config_repo, project)
    try:
        return shipyard.parse(text, file=f"{project}/shipyard.yaml", name=project)
    except Unavailable:
        raise
    except KeptnError:
        return None


def _of_shipyard(found: Stage) -> Mapping[str, str]:
    told = {
        "deploymentStrategy": _first(found, "deployment").get("deploymentstrategy"),
        "testStrategy": _first(found, "test").get("teststrategy"),
        "approval": _asks_on(found),
    }
    return {key: str(value) for key, value in told.items() if value}


def _first(stage: Stage, name: str) -> Mapping[str, Any]:
    return next((task.properties for task in _tasks(stage) if task.name == name), {})


def _asks_on(stage: Stage) -> str:
    """The results on which a person is asked: `warning`, `pass, warning`; empty if nobody is."""
    asked = [task.properties for task in _tasks(stage) if task.name == "approval"]
    results = (Result.PASS, Result.WARNING)
    return ", ".join(result for result in results if any(one.get(result, "manual") != "automatic" for one in asked))


def _tasks(stage: Stage) -> list[Task]:
    return [task for sequence in stage.sequences for task in sequence.tasks]


def _gate(scope: Scope, ctx: Context) -> Mapping[str, str] | None:
    """Its file, and the score that passes; or what is wrong with the file."""
    try:
        found = gate_files.find(ctx.config_repo, scope)
    except Unavailable:
        raise
    except KeptnError as problem:
        return {"service": scope.service, "problem": str(problem)}
    if found is None:
        return None
    return {"service": scope.service, "file": found.path, "format": found.gate.format, "limits": found.gate.limits}
