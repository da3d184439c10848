"""The slot: what is known about one service in one stage. Only `orchestrate` writes it (ARCHITECTURE.md, invariants).

Frozen values without rules; `codec.py` turns them into JSON and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from keptn.events import Event, Scope


class State(StrEnum):
    """State of an execution, in keptn's words; `superseded` is ours."""

    WAITING = "waiting"
    STARTED = "started"
    WAITING_FOR_APPROVAL = "waitingForApproval"
    PAUSED = "paused"
    FINISHED = "finished"
    ABORTED = "aborted"
    TIMED_OUT = "timedOut"
    SUPERSEDED = "superseded"


class Rank(IntEnum):
    """Who takes the slot first: what follows in the same stage, then a remediation, then the rest by age."""

    FOLLOW_UP = 0
    REMEDIATION = 1
    ORDINARY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one executor of a task said. data: of its `.finished`, None until then. said_at: time of its message."""

    source: str
    said_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    event_id: str = ""
    data: Mapping[str, Any] | None = None
    result: str = ""
    status: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a `traffic` task gives the candidate, in percent of the users; which step of how many it is."""

    weight_percent: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """One task of an execution, triggered. id: of its `.triggered` event. due: when it ends by itself."""

    name: str
    index: int
    id: str
    triggered_at: datetime
    due: datetime
    share: Share | None = None
    answers: tuple[Answer, ...] = ()
    ended_at: datetime | None = None
    result: str = ""
    status: str = ""
    message: str = ""

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run of a sequence. id: of the event that triggered it.

    data: everything merged so far. next: index of the next task. touched: something was changed, so the slot is kept
    while it waits. not_before: when the next task may be triggered. wait: what it waits for and why. stop: why it ends
    at its next task boundary. promoted: why the tasks before its release are passed over. about: the digest a
    problem is about. manual: a person's or another system's event started it, not the engine. rerun: it repeats one
    that failed. controlled_at: time of the last control event obeyed. followers: what it started: stage, sequence
    and id of each.
    """

    id: str
    context: str
    sequence: str
    shipyard: str
    rank: Rank
    triggered_at: datetime
    root_time: datetime
    source: str = ""
    hops: int = 0
    git_commit_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    image: str = ""
    digest: str = ""
    epoch: int = 0
    holds: bool = False
    touched: bool = False
    paused: bool = False
    next: int = 0
    not_before: datetime | None = None
    runs: tuple[TaskRun, ...] = ()
    wait: str = ""
    wait_until: datetime | None = None
    stop: str = ""
    promoted: str = ""
    about: str = ""
    manual: bool = True
    rerun: bool = False
    controlled_at: datetime | None = None
    followers: tuple[tuple[str, str, str], ...] = ()
    ended: str = ""
    ended_at: datetime | None = None
    result: str = ""
    status: str = ""
    message: str = ""

    @property
    def key(self) -> str:
        return execution_key(self.context, self.id)

    @property
    def open_run(self) -> TaskRun | None:
        return self.runs[-1] if self.runs and self.runs[-1].is_open else None

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Smaller goes first."""
        return (int(self.rank), self.root_time, self.id)

    @property
    def age(self) -> tuple[datetime, str]:
        """Smaller is older: by root time, which is the same wherever the event came first, then by id."""
        return (self.root_time, self.id)

    @property
    def state(self) -> State:
        if self.ended:
            return State(self.ended)
        if self.paused:  # also while its running task goes on, which is its last for now
            return State.PAUSED
        if (run := self.open_run) and run.name == "approval":
            return State.WAITING_FOR_APPROVAL
        return State.STARTED if self.holds else State.WAITING

    @property
    def forced(self) -> Mapping[str, Any] | None:
        """Who overrides a rejection, a pin or a freeze, and why."""
        force = self.data.get("force")
        if not force:
            return None
        return force if isinstance(force, Mapping) else {"by": self.source, "reason": str(force)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What users got from some moment on."""

    digest: str
    image: str = ""
    colour: str = ""
    url: str = ""
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A verdict against a digest in this stage."""

    digest: str
    reason: str
    image: str = ""
    event: str = ""
    context: str = ""
    score: float | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What failed last here, by itself: nobody aborted it. mended: the like has come out well since."""

    context: str
    sequence: str
    at: datetime
    image: str = ""
    message: str = ""
    mended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A person holds the stage as it is."""

    by: str
    reason: str
    at: datetime
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What has, or had, its remediation.

    marks: of the problems that its event told of (`kind.problem_marks`). name: of the one that is acted on, whenever it
    began (`kind.leading_name`); empty if nothing was done about it. at: when it came; None for what is only over.
    """

    marks: tuple[str, ...]
    execution: str
    context: str
    name: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What an action of a runbook may have changed, until it is taken back (`repairs.py`). task: of the action.

    by: the action's name and its executors'. mark: of its problem; empty if it has no name. latest: when it is taken
    back at the latest; None while the action is not over. stays_s: how long it stays when the problem is over. tries:
    how often that has failed.
    """

    task: str
    context: str
    mark: str
    shipyard: str
    root_time: datetime
    by: tuple[str, ...] = ()
    latest: datetime | None = None
    stays_s: float = 0.0
    over_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """The one timer of the slot. id: of the event that it brings back; name: in the timer store."""

    id: str
    due: datetime
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What follows from a transition and is not known to be done: an event to post, a document or verdict to write.

    cause: identity of the event that it follows from. due: when the slot's alarm sees to it: that does it once more and
    becomes its cause, the next one drops it. again: the timer of the alarm that did it once more; while that is set,
    it may not be done. execution: the key of the one whose document it is.
    """

    cause: str
    due: datetime
    again: str = ""
    event: Event | None = None
    execution: str = ""
    verdict: Rejection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One service in one stage.

    epoch: grows with every execution that takes the slot. revision: grows with every write. writer: who wrote it last.
    executions: the open ones, and those that ended and whose documents may not be written yet. recent: keys of
    executions that ended lately. failed: the last of all that failed. taken: age and context of the youngest artifact
    that took the slot. pending: what follows from the last transitions, oldest first. tasks: ids of the tasks triggered
    lately. unpinned_at: time of the last order to unpin.
    """

    scope: Scope
    epoch: int = 0
    revision: int = 0
    writer: str = ""
    executions: tuple[Execution, ...] = ()
    recent: tuple[str, ...] = ()
    taken: tuple[datetime, str, str] | None = None
    live: Version | None = None
    history: tuple[Version, ...] = ()
    failed: Failure | None = None
    pin: Pin | None = None
    unpinned_at: datetime | None = None
    rejected: tuple[Rejection, ...] = ()
    problems: tuple[Problem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    pending: tuple[Pending, ...] = ()
    tasks: tuple[str, ...] = ()
    alarm: Alarm | None = None

    @property
    def open(self) -> tuple[Execution, ...]:
        return tuple(execution for execution in self.executions if not execution.ended)

    @property
    def holder(self) -> Execution | None:
        return next((execution for execution in self.open if execution.holds), None)

    def of(self, cause: str) -> tuple[Pending, ...]:
        """What is pending of one event's transition."""
        return tuple(one for one in self.pending if one.cause == cause)

    def knows(self, event: Event) -> bool:
        """Whether the sequence of this event was let in, and has not ended long ago."""
        key = execution_key(event.context, event.id)
        return key in self.recent or any(execution.key == key for execution in self.executions)

    def live_at(self, moment: datetime) -> Version | None:
        """What was live then; None if that is not known any more."""
        return next((version for version in reversed(self.history) if version.since <= moment), None)


def execution_key(context: str, execution_id: str) -> str:
    """What tells executions apart in a slot: two senders may use one id."""
    return f"{context} {execution_id}"
