"""How an execution ends, and what follows it in the same stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keptn import events
from keptn.events import Phase, sequence_type
from keptn.sequence.aggregate import Outcome
from keptn.sequence.selector import Ended, FollowUp, following
from keptn.sequence.slot import Execution, Rank, State
from keptn.sequence.turn import RECENT, Turn, finished_id


def end(turn: Turn, execution: Execution, outcome: Outcome, *, state: State = State.FINISHED) -> None:
    """Send `<stage>.<sequence>.finished` and reserve the slot for what follows here, in one transition.

    What follows in other stages is started by that event. What never triggered a task has
    no followers, nor has the end of too long a chain.
    """
    over = turn.put(
        replace(
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
    )
    turn.change(recent=(*turn.slot.recent, over.id)[-RECENT:])
    said = {"result": over.result, "status": over.status, "message": over.message}
    ended_type = sequence_type(turn.slot.scope.stage, over.sequence, Phase.FINISHED)
    turn.emit(over, ended_type, {**over.data, **said}, event_id=finished_id(over), triggered_id=over.id)
    for follow_up in _here(turn, over):
        _reserve(turn, over, follow_up)


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


def _here(turn: Turn, over: Execution) -> list[FollowUp]:
    if turn.retires or not over.runs or over.hops > turn.facts.max_hops:
        return []
    stage = turn.slot.scope.stage
    found = following(turn.shipyard(over), summary(over, stage=stage))
    return [f for f in found if f.stage == stage and not _has_nothing_to_undo(turn, over, f)]


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
