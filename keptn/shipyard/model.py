"""What a shipyard says, after reading: stages with sequences of tasks. Frozen values; nothing here reads text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import durations
from keptn.errors import Unknown
from keptn.events import REMEDIATION_END

API_VERSION = "spec.keptn.sh/0.2.3"
BUILT_IN_TASKS = (
    "approval",
    "deployment",
    "test",
    "evaluation",
    "traffic",
    "release",
    "soak",
    "rollback",
    "get-action",
    "action",
)
"""Those that keptn's own functions carry out; every other is an extension's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step. properties: land in `data.<name>` of its event; `timeout` and `executors` also tell the engine."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    triggered_after_s: float = 0.0

    @property
    def timeout_s(self) -> float | None:
        """How long it may take from its trigger to its end; None: the engine's defaults."""
        value = self.properties.get("timeout")
        return None if value is None else durations.seconds(value)

    @property
    def executors(self) -> int | None:
        """How many executors answer; None: nobody said, those that announce themselves are waited for."""
        value = self.properties.get("executors")
        return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredOn:
    """What starts a sequence: the end of another (or of itself). match: None means pass or warning."""

    stage: str
    sequence: str
    match: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceDefinition:
    """Tasks in order."""

    name: str
    tasks: Sequence[Task]
    triggered_on: Sequence[TriggeredOn] = ()

    def position(self, task: str) -> int | None:
        """Where the task of that name stands."""
        return next((i for i, item in enumerate(self.tasks) if item.name == task), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeWindow:
    """A time in which nothing is promoted into a stage: from each firing of `cron`, for `duration_s`."""

    cron: str
    duration_s: float
    timezone: str = "UTC"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    sequences: Sequence[SequenceDefinition]
    freeze: Sequence[FreezeWindow] = ()

    def sequence(self, name: str) -> SequenceDefinition:
        """The sequence of that name; those of BUILT_IN_SEQUENCES exist in every stage, unless the user defined them.

        Raises Unknown.
        """
        for sequence in (*self.sequences, *BUILT_IN_SEQUENCES):
            if sequence.name == name:
                return sequence
        known = ", ".join([*(s.name for s in self.sequences), "evaluation"])
        raise Unknown(f"sequence {name!r} is not in stage {self.name!r} of the shipyard; sequences: {known}")


BUILT_IN_SEQUENCES = (
    SequenceDefinition(name="evaluation", tasks=(Task(name="evaluation"),)),
    SequenceDefinition(name=REMEDIATION_END, tasks=(Task(name="action"),)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipyard:
    """The stages of a project, in the order of the file. warnings: sentences with file and line."""

    name: str
    stages: Sequence[Stage]
    warnings: Sequence[str] = ()

    def stage(self, name: str) -> Stage:
        """The stage of that name. Raises Unknown."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        known = ", ".join(stage.name for stage in self.stages)
        raise Unknown(f"stage {name!r} is not in shipyard {self.name!r}; stages: {known}")

    @property
    def stage_names(self) -> Sequence[str]:
        return [stage.name for stage in self.stages]

    @property
    def first_stage(self) -> Stage:
        """Where an artifact starts: the first stage whose `delivery` waits for no other sequence, else the first."""
        for stage in self.stages:
            if any(s.name == "delivery" and not s.triggered_on for s in stage.sequences):
                return stage
        return self.stages[0]

    def to_dict(self) -> dict[str, Any]:
        """The 0.2 form, as `keptn validate --explain` prints it and as snapshots keep it."""
        return {
            "apiVersion": API_VERSION,
            "kind": "Shipyard",
            "metadata": {"name": self.name},
            "spec": {"stages": [_stage(stage) for stage in self.stages]},
        }


def _stage(stage: Stage) -> dict[str, Any]:
    freeze = {"freeze": [_window(window) for window in stage.freeze]} if stage.freeze else {}
    return {"name": stage.name, **freeze, "sequences": [_sequence(sequence) for sequence in stage.sequences]}


def _window(window: FreezeWindow) -> dict[str, Any]:
    reason = {"reason": window.reason} if window.reason else {}
    return {
        "cron": window.cron,
        "duration": durations.short(window.duration_s),
        "timezone": window.timezone,
        **reason,
    }


def _sequence(sequence: SequenceDefinition) -> dict[str, Any]:
    triggers = {"triggeredOn": [_trigger(trigger) for trigger in sequence.triggered_on]}
    tasks = [_task(task) for task in sequence.tasks]
    return {"name": sequence.name, **(triggers if sequence.triggered_on else {}), "tasks": tasks}


def _trigger(trigger: TriggeredOn) -> dict[str, Any]:
    selector = {} if trigger.match is None else {"selector": {"match": dict(trigger.match)}}
    return {"event": f"{trigger.stage}.{trigger.sequence}.finished", **selector}


def _task(task: Task) -> dict[str, Any]:
    after = {"triggeredAfter": durations.short(task.triggered_after_s)} if task.triggered_after_s else {}
    properties = {"properties": dict(task.properties)} if task.properties else {}
    return {"name": task.name, **after, **properties}
