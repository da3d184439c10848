"""How an execution ends, and what follows it: in the same stage, and in others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from keptn import events
from keptn.events import Phase, Result, sequence_type
from keptn.sequence import pinning
from keptn.sequence.aggregate import Outcome
from keptn.sequence.selector import Ended, FollowUp, following
from keptn.sequence.slot import Execution, Failure, Rank, State
from keptn.sequence.turn import RECENT, Turn, finished_id

REMEDIATION = "remediation"
SNAPSHOT = "keptnshipyard"
"""Event extension: the hash of the shipyard that the delivery began with."""
LONGEST_TOLD = 300
"""Characters of a failure's reason that the slot remembers; its document has all of it."""


def end(turn: Turn, execution: Execution, outcome: Outcome, *, state: State = State.FINISHED) -> None:
    """Send `<stage>.<sequence>.finished`, reserve the slot for what follows here, and trigger what follows elsewhere:
    all in the transition that ends their cause.

    What never triggered a task has no followers, nor has the end of too long a chain.
    """
    over = replace(
        execution,
        ended=str(state),
        ended_at=turn.now,
        holds=False,
        result=str(outcome.result),
        status=str(outcome.status),
        message=outcome.message,
        wait="",
        wait_until=None,
    )
    over = pinning.pinned(turn, over)
    stage, following_it = turn.slot.scope.stage, _followers(turn, over)
    over = turn.put(replace(over, followers=tuple(_named(over, follow_up) for follow_up in following_it)))
    turn.change(recent=(*turn.slot.recent, over.key)[-RECENT:], failed=_failed(turn.slot.failed, over))
    said = {"result": over.result, "status": over.status, "message": over.message}
    ended_type = sequence_type(stage, over.sequence, Phase.FINISHED)
    turn.emit(over, ended_type, {**over.data, **said}, event_id=finished_id(over), triggered_id=over.id)
    for follow_up in following_it:
        if follow_up.stage == stage:
            _reserve(turn, over, follow_up)
        else:
            _promote(turn, over, follow_up)


def summary(execution: Execution, *, stage: str) -> Ended:
    """What selectors look at."""
    last = execution.runs[-1] if execution.runs else None
    return Ended(
        stage=stage,
        sequence=execution.sequence,
        result=execution.result,
        status=execution.status,
        last_task=last.name if last else "",
        last_result=last.result if last else "",
    )


def carried(data: Mapping[str, Any], *, stage: str) -> dict[str, Any]:
    """The data that the end of a sequence hands to the next one. What a person forced, they forced here only."""
    return {**{key: value for key, value in data.items() if key != "force"}, "stage": stage, "message": ""}


def follow_up_id(ended_id: str, follow_up: FollowUp) -> str:
    """The id of the event that starts a follow-up, derived from the end that caused it."""
    return events.derived_id(ended_id, follow_up.stage, follow_up.sequence.name)


def _failed(before: Failure | None, over: Execution) -> Failure | None:
    """What failed last, now that this is over: it, or what did before, perhaps mended by a run of the like."""
    if over.result == Result.FAIL and over.ended in (State.FINISHED, State.TIMED_OUT):
        return Failure(
            context=over.context,
            sequence=over.sequence,
            at=cast(datetime, over.ended_at),
            image=over.image,
            message=over.message[:LONGEST_TOLD],
        )
    if before is None or over.result not in (Result.PASS, Result.WARNING):
        return before
    # another remediation is of another problem, perhaps
    is_alike = bool(over.runs) and over.sequence == before.sequence != REMEDIATION
    released = any(run.name == "release" for run in over.runs)
    return replace(before, mended=True) if is_alike or released else before


def _followers(turn: Turn, over: Execution) -> list[FollowUp]:
    if turn.retires or not over.runs or over.hops > turn.facts.max_hops:
        return []
    found = following(turn.shipyard(over), summary(over, stage=turn.slot.scope.stage))
    return [f for f in found if f.stage != turn.slot.scope.stage or not _has_nothing_to_undo(turn, over, f)]


def _named(over: Execution, follow_up: FollowUp) -> tuple[str, str, str]:
    return (follow_up.stage, follow_up.sequence.name, follow_up_id(finished_id(over), follow_up))


def _promote(turn: Turn, over: Execution, follow_up: FollowUp) -> None:
    """Trigger what follows in another stage; the event names the shipyard that counts there."""
    said = {**over.data, "result": over.result, "status": over.status}
    turn.emit(
        replace(over, hops=over.hops + 1, epoch=0, git_commit_id=""),
        sequence_type(follow_up.stage, follow_up.sequence.name, Phase.TRIGGERED),
        carried(said, stage=follow_up.stage),
        event_id=follow_up_id(finished_id(over), follow_up),
        triggered_id=finished_id(over),
        stage=follow_up.stage,
        extensions={SNAPSHOT: over.shipyard},
    )


def _has_nothing_to_undo(turn: Turn, over: Execution, follow_up: FollowUp) -> bool:
    """A delivery that ended before its deployment (approval declined) needs no rollback."""
    undoes = [task.name for task in follow_up.sequence.tasks] == ["rollback"]
    return undoes and turn.definition(over).position("deployment") is not None and not over.touched


def _reserve(turn: Turn, over: Execution, follow_up: FollowUp) -> None:
    stage, name = turn.slot.scope.stage, follow_up.sequence.name
    execution = turn.put(
        Execution(
            id=follow_up_id(finished_id(over), follow_up),
            context=over.context,
            sequence=name,
            shipyard=over.shipyard,
            rank=Rank.FOLLOW_UP,
            triggered_at=turn.now,
            root_time=over.root_time,
            source=over.source,
            hops=over.hops + 2,
            git_commit_id=over.git_commit_id,
            data=carried({**over.data, "result": over.result, "status": over.status}, stage=stage),
            image=over.image,
            digest=over.digest,
            about=over.about,
            manual=False,
        )
    )
    triggered_type = sequence_type(stage, name, Phase.TRIGGERED)
    turn.emit(
        replace(execution, hops=execution.hops - 1, epoch=over.epoch),
        triggered_type,
        execution.data,
        event_id=execution.id,
        triggered_id=finished_id(over),
    )
