"""How a state looks: a shape, which has its colour in the style, and a word beside it. Never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from keptn.events import Event
from keptn.sequence.slot import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """kind: names shape and colour. label: what a person reads."""

    kind: str
    label: str


_STATES = {
    State.STARTED: Look(kind="run", label="running"),
    State.WAITING_FOR_APPROVAL: Look(kind="ask", label="asks a person"),
    State.PAUSED: Look(kind="pause", label="paused"),
    State.WAITING: Look(kind="queue", label="waiting"),
    State.ABORTED: Look(kind="off", label="aborted"),
    State.TIMED_OUT: Look(kind="fail", label="timed out"),
    State.SUPERSEDED: Look(kind="off", label="superseded"),
}
_RESULTS = {
    "pass": Look(kind="pass", label="passed"),
    "warning": Look(kind="warning", label="warning"),
    "fail": Look(kind="fail", label="failed"),
    "info": Look(kind="off", label="for information"),
    "": Look(kind="off", label="over"),
}
NOTHING = Look(kind="off", label="nothing yet")


def of(state: str, result: str = "") -> Look:
    """Of a delivery, a stage, a sequence. What is finished looks as it came out."""
    if state in _STATES:
        return _STATES[State(state)]
    return of_result(result)


def of_result(result: str) -> Look:
    return _RESULTS.get(result, Look(kind="off", label=result))


def of_event(event: Event) -> Look | None:
    """Of an end: how it came out."""
    return of_result(event.result) if event.result and event.type.endswith(".finished") else None


def of_task(task: dict[str, str]) -> Look:
    """Of one that is open: running, or waiting for a person."""
    if task["finished_at"]:
        return of_result(task["result"]) if task["status"] != "aborted" else _STATES[State.ABORTED]
    return _STATES[State.WAITING_FOR_APPROVAL if task["name"] == "approval" else State.STARTED]
