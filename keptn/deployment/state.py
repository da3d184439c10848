"""The desired state of one service in one stage: `<service>/deployment.yaml` of the stage's branch.

Written only through `step.py`; read by whoever wants to know. Pure: a plan plus what orders it, as YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from keptn import documents
from keptn.deployment import scaling, workload, workload_file
from keptn.deployment.scaling import Scaling
from keptn.deployment.strategy import COLOURS, Phase, Plan, Strategy, Version
from keptn.documents import Document
from keptn.ports import NO_PIN, Pin

HEADER = b"# Desired state, written by keptn. It says which version each colour runs and where traffic goes.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredState:
    """A plan, and its place in the order of plans.

    revision: grows with every change, never goes back: the fence of workloads and routes. epoch, phase: of the task
    that wrote it. tasks: ids of this epoch's tasks in this phase, the last one wrote it. delivery: the context that
    deployed last. live_by: the context that made the live version live. awaited: the colours that must be ready before
    the route of this revision counts. scaled: what actions asked for in replicas, by the id of the action's task.
    """

    plan: Plan = field(default_factory=Plan)
    revision: int = 0
    epoch: int = 0
    phase: Phase = Phase.ROLLBACK
    tasks: tuple[str, ...] = ()
    delivery: str = ""
    live_by: str = ""
    awaited: tuple[str, ...] = ()
    scaled: Mapping[str, Scaling] = field(default_factory=dict)


def path(service: str) -> str:
    """Where it is in the branch of a stage."""
    return f"{service}/deployment.yaml"


def parse(text: bytes | None, *, service: str) -> DesiredState:
    """Read the file; none yet is the state of a service that was never deployed. Raises InvalidFile."""
    if text is None:
        return DesiredState()
    document = documents.load(text, file=path(service))
    try:
        return _state(document)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise document.error(f"is not a desired state that keptn wrote ({exc}); restore it from Git") from exc


def render(state: DesiredState) -> bytes:
    plan = state.plan
    body = {
        "revision": state.revision,
        "epoch": state.epoch,
        "phase": str(state.phase),
        "tasks": list(state.tasks),
        "delivery": state.delivery,
        "liveBy": state.live_by,
        "strategy": str(plan.strategy),
        "live": plan.live,
        "candidate": plan.candidate,
        "weights": dict(plan.weights),
        "mirror": plan.mirror,
        **({"pin": _pin_data(plan.pin)} if plan.pin != NO_PIN else {}),
        "awaited": list(state.awaited),
        **({"scaled": {task: scaling.data(one) for task, one in state.scaled.items()}} if state.scaled else {}),
        "colours": {colour: _version_data(plan.versions[colour]) for colour in sorted(plan.versions)},
        "previous": [_version_data(version) for version in plan.previous],
    }
    return HEADER + documents.dump(body)


def followed_by(state: DesiredState, plan: Plan, **order: Any) -> DesiredState:  # noqa: ANN401 - fields of DesiredState
    """The next state: another plan, one revision later."""
    return replace(state, plan=plan, revision=state.revision + 1, **order)


def _state(document: Document) -> DesiredState:
    data: Mapping[str, Any] = document.data
    return DesiredState(
        plan=_plan(document, data),
        revision=int(data["revision"]),
        epoch=int(data["epoch"]),
        phase=Phase(data["phase"]),
        tasks=tuple(data["tasks"]),
        delivery=data["delivery"],
        live_by=data["liveBy"],
        awaited=tuple(
            _colour(name) for name in data.get("awaited", filter(None, (data["candidate"] or data["live"],)))
        ),
        scaled={task: scaling.read(one) for task, one in data.get("scaled", {}).items()},
    )


def _plan(document: Document, data: Mapping[str, Any]) -> Plan:
    plan = Plan(
        strategy=Strategy(data["strategy"]),
        versions={_colour(name): _version(document, "colours", name) for name in data["colours"]},
        live=data["live"],
        candidate=data["candidate"],
        weights={_colour(name): int(percent) for name, percent in data["weights"].items()},
        mirror=data["mirror"],
        pin=Pin(**data.get("pin", {})),
        previous=tuple(_version(document, "previous", place) for place in range(len(data["previous"]))),
    )
    named = {plan.live, plan.candidate, plan.mirror, *plan.weights} - {""}
    if missing := sorted(named - set(plan.versions)):
        raise ValueError(f"{missing[0]} has no version under colours")
    return plan


def _colour(name: str) -> str:
    if name not in COLOURS:
        raise ValueError(f"colour {name!r} is neither {' nor '.join(COLOURS)}")
    return name


def _version(document: Document, *path: str | int) -> Version:
    data = document.data
    for part in path:
        data = data[part]
    return Version(image=data["image"], digest=data["digest"], workload=workload_file.read(document, data, path))


def _pin_data(pin: Pin) -> dict[str, str]:
    return {name: value for name, value in asdict(pin).items() if value}


def _version_data(version: Version) -> dict[str, object]:
    return {"image": version.image, "digest": version.digest, **workload.data(version.workload)}
