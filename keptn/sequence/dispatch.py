"""Who goes next: one execution at a time holds the slot; the others wait and say for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from keptn.events import Result, Status
from keptn.sequence import flapping, kind, pinning, promotion, tasks
from keptn.sequence.aggregate import Outcome
from keptn.sequence.ending import end
from keptn.sequence.freeze import frozen
from keptn.sequence.slot import Execution, State
from keptn.sequence.turn import Turn
from keptn.shipyard import Task


def settle(turn: Turn) -> None:
    """Move executions on until none can move: every round ends one, starts one or triggers a task."""
    while any(_advance(turn, turn.find(execution.key)) for execution in _in_order(turn)):
        pass


def _in_order(turn: Turn) -> list[Execution]:
    return sorted(turn.slot.open, key=lambda execution: (not execution.holds, *execution.order))


def _advance(turn: Turn, execution: Execution) -> bool:
    if execution.ended or execution.open_run:
        return False
    steps = turn.definition(execution).tasks
    if execution.stop and execution.next < len(steps):
        end(turn, execution, Outcome(result=Result.FAIL, status=Status.ERRORED, message=execution.stop))
        return True
    if execution.paused:
        return _give_way(turn, execution) or _waits(turn, execution, "paused; keptn resume lets it go on")
    if promoted := promotion.passed_over(execution, turn.definition(execution)):
        turn.put(promoted)
        return True
    if execution.next == len(steps):
        end(turn, execution, _result(execution))
        return True
    return _go_on(turn, execution, steps[execution.next])


def _result(execution: Execution) -> Outcome:
    return Outcome(result=Result(execution.result), status=Status(execution.status), message=execution.message)


def _go_on(turn: Turn, execution: Execution, task: Task) -> bool:
    if task.triggered_after_s and execution.not_before is None:
        due = turn.now + timedelta(seconds=task.triggered_after_s)
        execution = turn.put(replace(execution, not_before=due))
    early = execution.not_before is not None and turn.now < execution.not_before
    if not kind.needs_slot(execution, task.name, early=early):
        if _give_way(turn, execution):
            return True
    elif not execution.holds:
        return _take(turn, execution)
    if early:
        return _waits(turn, execution, f"{task.name} is triggered later", until=execution.not_before)
    tasks.trigger(turn, execution, task)
    return True


def _give_way(turn: Turn, execution: Execution) -> bool:
    """Leave the slot to others while nothing was changed; the next task takes it again, with a new epoch."""
    if not execution.holds or execution.touched:
        return False
    turn.put(replace(execution, holds=False))
    return True


def _waits(turn: Turn, execution: Execution, reason: str, *, until: datetime | None = None) -> bool:
    turn.put(replace(execution, wait=reason, wait_until=until))
    return False


def _take(turn: Turn, execution: Execution) -> bool:
    """Take the slot if nothing speaks against it."""
    delivers = kind.is_delivery(turn.definition(execution), execution.data)
    if delivers and not execution.forced and (turned_away := _turned_away(turn, execution)) is not None:
        return turned_away
    if holder := turn.slot.holder:
        what = f"{holder.sequence} of {holder.image or holder.context}"
        return _waits(turn, execution, f"{what} is running in {turn.slot.scope}")
    if not execution.touched and _is_settled_already(turn, execution):
        return True
    taken = turn.put(replace(execution, holds=True, epoch=turn.slot.epoch + 1, wait="", wait_until=None))
    turn.change(epoch=taken.epoch)
    if delivers and taken.image:
        _overtake(turn, taken)
    return True


def _turned_away(turn: Turn, execution: Execution) -> bool | None:
    """True: it ended. False: it waits. None: nothing speaks against it."""
    if not execution.rerun and _is_outdated(turn, execution):
        return True
    rejected = next((r for r in turn.slot.rejected if r.digest == execution.digest), None) or turn.facts.rejection
    if rejected and rejected.digest == execution.digest and not execution.touched:
        refuse(turn, execution, rejected_text(turn, execution, rejected.reason))
        return True
    if asked := pinning.under_way(turn):
        return _waits(turn, execution, f"a rollback of {turn.slot.scope} goes first, asked for {asked}")
    if pin := turn.slot.pin:
        lifted = f"{pinning.lifted_by(turn.slot)} lifts it"
        return _waits(turn, execution, f"{turn.slot.scope} is pinned by {pin.by}: {pin.reason}; {lifted}")
    if freeze := frozen(turn.stage(execution).freeze, turn.now):
        reason = f"{turn.slot.scope.stage} is frozen: {freeze.reason}"
        return _waits(turn, execution, reason, until=freeze.until)
    return None


def rejected_text(turn: Turn, execution: Execution, reason: str) -> str:
    return (
        f"{execution.image or execution.digest} was rejected in {turn.slot.scope}: {reason}; "
        "push a better one, or overrule that with --force and a --reason"
    )


def refuse(turn: Turn, execution: Execution, reason: str) -> None:
    """End an execution that may not begin, with the reason."""
    end(turn, execution, Outcome(result=Result.FAIL, status=Status.ERRORED, message=reason))


def supersede(turn: Turn, execution: Execution, *, by: str) -> None:
    """End a delivery that a newer artifact made pointless."""
    outcome = superseded_by(by)
    if execution.open_run:
        tasks.conclude(turn, execution, outcome, announce=True, state=State.SUPERSEDED)
    else:
        end(turn, execution, outcome, state=State.SUPERSEDED)


def superseded_by(what: str) -> Outcome:
    return Outcome(result=Result.FAIL, status=Status.ABORTED, message=f"superseded by {what}")


def name_of(execution: Execution) -> str:
    return execution.image or f"delivery {execution.context}"


def overtaken_by(turn: Turn, execution: Execution) -> str:
    """The younger artifact that has had the slot already: going back to an older one is a person's decision."""
    taken = turn.slot.taken
    if taken is None or not execution.image or execution.touched:
        return ""
    if taken[2] == execution.context or taken[:2] <= execution.age:
        return ""
    return f"delivery {taken[2]}, which is newer"


def _is_outdated(turn: Turn, execution: Execution) -> bool:
    if by := overtaken_by(turn, execution):
        supersede(turn, execution, by=by)
    return bool(by)


def _overtake(turn: Turn, taken: Execution) -> None:
    youngest = (*taken.age, taken.context)
    if turn.slot.taken is None or turn.slot.taken[:2] < taken.age or taken.forced or taken.rerun:
        turn.change(taken=youngest)
    for other in turn.slot.open:
        older = other.image and other.context != taken.context and other.age < taken.age
        if older and not other.touched and kind.is_delivery(turn.definition(other), other.data):
            supersede(turn, other, by=name_of(taken))


def _is_settled_already(turn: Turn, execution: Execution) -> bool:
    """A problem is acted on once, and only while the version that it is about is live."""
    if not (execution.manual and kind.is_remediation(turn.definition(execution), execution.data)):
        return False
    message = ("" if execution.rerun else flapping.came_back(turn, execution)) or _is_gone(turn, execution)
    if not message:
        return False
    end(turn, execution, Outcome(result=Result.PASS, status=Status.SUCCEEDED, message=message))
    return True


def _is_gone(turn: Turn, execution: Execution) -> str:
    live = turn.slot.live
    if not execution.about or live is None or live.digest in {"", execution.about}:
        return ""
    return f"{execution.about} is no longer live in {turn.slot.scope} ({live.image or live.digest} is); nothing to do"
