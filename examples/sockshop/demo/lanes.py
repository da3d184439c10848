"""The lanes: what a delivery is doing in each stage, read from its events in the audit log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SEQUENCE = re.compile(r"sh\.keptn\.event\.([^.]+)\.([^.]+)\.(triggered|finished)")
TASK = re.compile(r"sh\.keptn\.event\.([^.]+)\.(triggered|started|finished)")


@dataclass
class Lane:
    """One sequence in one stage. result: empty while it runs. score: of its evaluation, percent or points.

    share_percent: of the users, what the candidate has in this step of a canary; 0 where there are no steps.
    """

    stage: str
    sequence: str
    began: datetime
    step: str = ""
    result: str = ""
    score: float | None = None
    share_percent: int = 0
    message: str = ""
    ended: datetime | None = None
    steps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Everything that happened in one context."""

    version: str
    context: str
    lanes: Sequence[Lane]
    events: Sequence[dict[str, Any]]

    def lane(self, stage: str, sequence: str = "delivery") -> Lane | None:
        return next((lane for lane in self.lanes if (lane.stage, lane.sequence) == (stage, sequence)), None)

    def finished(self, task: str, stage: str) -> dict[str, Any]:
        """The data of a task's last `.finished` in a stage; empty if there is none."""
        wanted = f"sh.keptn.event.{task}.finished"
        found = [e["data"] for e in self.events if e["type"] == wanted and e["data"].get("stage") == stage]
        return found[-1] if found else {}

    @property
    def duration_s(self) -> float:
        ends = [lane.ended for lane in self.lanes if lane.ended]
        return (max(ends) - min(lane.began for lane in self.lanes)).total_seconds() if ends else 0.0


def read(version: str, context: str, events: Sequence[dict[str, Any]]) -> Delivery:
    """Put the events of one context in lanes. Events that were delivered twice are in the log once."""
    lanes: dict[tuple[str, str], Lane] = {}
    for event in sorted(events, key=lambda event: event["time"]):
        _place(event, lanes)
    return Delivery(version=version, context=context, lanes=list(lanes.values()), events=events)


def _place(event: dict[str, Any], lanes: dict[tuple[str, str], Lane]) -> None:
    moment, data = datetime.fromisoformat(event["time"]), event["data"]
    if match := SEQUENCE.fullmatch(event["type"]):
        stage, sequence, phase = match.groups()
        lane = lanes.setdefault((stage, sequence), Lane(stage=stage, sequence=sequence, began=moment))
        if phase == "finished":
            lane.result, lane.ended, lane.step = data.get("result", ""), moment, ""
            lane.message = data.get("message", "")
    elif match := TASK.fullmatch(event["type"]):
        running = [lane for lane in lanes.values() if lane.stage == data.get("stage")]
        if running:
            _step(running[-1], match[1], match[2], data)


def _step(lane: Lane, task: str, phase: str, data: dict[str, Any]) -> None:
    if task == "traffic":
        lane.share_percent = (data.get("traffic") or {}).get("weight_percent") or lane.share_percent
        lane.score = None  # that of the step before is not this one's
    if phase == "finished":
        lane.step = ""
        lane.steps.append(f"{_named(task, lane)} {data.get('result', '')}")
        if task == "evaluation":
            lane.score = (data.get("evaluation") or {}).get("score")
    elif not lane.result:
        lane.step = _named(task, lane)


def _named(task: str, lane: Lane) -> str:
    """Its name; of a canary's step also what the candidate has: no two of its lines are the same."""
    words = {"traffic": "traffic {} %", "evaluation": "evaluation at {} %"}
    return words[task].format(lane.share_percent) if lane.share_percent and task in words else task
