"""Time: what is over because nobody came, and when to look again. One alarm per slot, at the earliest deadline."""

from __future__ import annotations

from datetime import datetime

from keptn import durations
from keptn.events import Result, Status
from keptn.sequence import repairs, tasks
from keptn.sequence.aggregate import Outcome
from keptn.sequence.slot import Execution, Slot, State, TaskRun
from keptn.sequence.turn import Turn


def expire(turn: Turn) -> None:
    """End the tasks whose time is over, and see to what nothing has proven."""
    if turn.slot.alarm and turn.slot.alarm.id == turn.cause.id:
        turn.see_to_pending(turn.slot.alarm.name)
    for execution in turn.slot.open:
        run = execution.open_run
        if run and run.due <= turn.now:
            _end(turn, execution, run)


def earliest(slot: Slot) -> datetime | None:
    """When this slot must be looked at again even if no event comes; None: never."""
    waits = [e.open_run.due if e.open_run else e.wait_until for e in slot.open]
    dues = (*waits, *(p.due for p in slot.pending), *map(repairs.due, slot.repairs))
    return min((moment for moment in dues if moment), default=None)


def _end(turn: Turn, execution: Execution, run: TaskRun) -> None:
    if run.name == "soak":
        message = f"lived for {_span(run)} without a problem"
        passed = Outcome(result=Result.PASS, status=Status.SUCCEEDED, message=message)
        tasks.conclude(turn, execution, passed, announce=True)
        return
    errored = Outcome(result=Result.FAIL, status=Status.ERRORED, message=_overdue(run))
    tasks.conclude(turn, execution, errored, announce=True, state=State.TIMED_OUT)


def _overdue(run: TaskRun) -> str:
    busy = [answer for answer in run.answers if not answer.finished_at]
    if run.name == "approval":
        return f"nobody approved within {_span(run)}"
    if busy:
        said = "; ".join(f"{a.source}: {a.message}" if a.message else f"it was started by {a.source}" for a in busy)
        return f"{run.name} did not finish within {_span(run)}; {said}"
    done = f" besides {', '.join(answer.source for answer in run.answers)}" if run.answers else ""
    asked = "is there a Trigger for it, and does what that calls answer? keptn logs FUNCTION shows"
    return f"no executor started {run.name} within {_span(run)}{done}; {asked}"


def _span(run: TaskRun) -> str:
    span_s = (run.due - run.triggered_at).total_seconds()
    return durations.short(round(span_s, 0 if span_s >= 60 else 3))
