"""What people ask of running deliveries: pause, resume, promote, abort, rerun; and to pin or unpin a slot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from keptn.events import Control, Event, Result, Status
from keptn.sequence import kind, pinning, promotion, rerun, tasks
from keptn.sequence.aggregate import Outcome
from keptn.sequence.ending import end
from keptn.sequence.slot import Execution, State
from keptn.sequence.turn import Turn


def obey(turn: Turn, control: Control) -> None:
    """Carry out a control event in this slot."""
    if control is Control.PIN:
        pinning.hold(turn)
        return
    if control is Control.UNPIN:
        pinning.lift(turn)
        return
    if control is Control.RERUN:
        rerun.again(turn)
        return
    if control is Control.RETIRE:
        _retire(turn)
        return
    for execution in turn.slot.open:
        late = execution.controlled_at is not None and turn.cause.time < execution.controlled_at
        if execution.context == turn.cause.context and not late:
            _ACTIONS[control](turn, turn.put(replace(execution, controlled_at=turn.cause.time)))


def by_and_why(event: Event) -> str:
    """Who asked for it, and why."""
    by, reason = str(event.data.get("by") or event.source), str(event.data.get("reason") or "")
    return f"by {by}: {reason}" if reason else f"by {by}"


def _retire(turn: Turn) -> None:
    """End everything here, and let nothing follow: there will be nothing left to act on."""
    turn.retires = True
    for execution in turn.slot.open:
        _abort(turn, execution)
    turn.change(repairs=())


def _pause(turn: Turn, execution: Execution) -> None:
    wait = execution.wait if execution.open_run else f"paused {by_and_why(turn.cause)}"
    turn.put(replace(execution, paused=True, wait=wait, wait_until=None))


def _resume(turn: Turn, execution: Execution) -> None:
    turn.put(replace(execution, paused=False, wait=""))


def _abort(turn: Turn, execution: Execution) -> None:
    message = f"aborted {by_and_why(turn.cause)}"
    outcome = Outcome(result=Result.FAIL, status=Status.ABORTED, message=message)
    if execution.open_run:
        tasks.conclude(turn, execution, outcome, announce=True, state=State.ABORTED)
    else:
        end(turn, execution, outcome, state=State.ABORTED)


def _promote(turn: Turn, execution: Execution) -> None:
    """Release what was deployed, without what would come before. What only watches or waits ends now, unjudged."""
    if promotion.release_ahead(execution, turn.definition(execution)) is None:
        return
    reason = f"promoted {by_and_why(turn.cause)}"
    execution = turn.put(replace(execution, promoted=reason, paused=False, wait="", wait_until=None))
    if execution.open_run and execution.open_run.name in kind.INTERRUPTIBLE:
        result = Result.WARNING if execution.open_run.name == "evaluation" else Result.PASS
        tasks.conclude(turn, execution, Outcome(result=result, status=Status.SUCCEEDED, message=reason), announce=True)


_ACTIONS: Mapping[Control, Callable[[Turn, Execution], None]] = {
    Control.PAUSE: _pause,
    Control.RESUME: _resume,
    Control.PROMOTE: _promote,
    Control.ABORT: _abort,
}
