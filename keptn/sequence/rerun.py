"""Running a failed execution again, from the task that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keptn import events
from keptn.events import Phase, sequence_type, utc
from keptn.sequence.slot import Execution, Rank
from keptn.sequence.turn import Turn
from keptn.shipyard import SequenceDefinition


def again(turn: Turn) -> None:
    """Let the recorded execution in once more, with its snapshot of the shipyard and its data.

    From its failed task, or from `deployment` when a rollback has undone that (`undone` in the event).
    """
    subject = turn.facts.subject
    if subject is None or not subject.get("data") or not subject["shipyard"]:
        return
    execution_id = events.derived_id(turn.cause.id, "rerun", str(subject["id"]))
    if turn.facts.known or turn.slot.knows(replace(turn.cause, context=str(subject["context"]), id=execution_id)):
        return
    stage = turn.slot.scope.stage
    definition = turn.facts.shipyards[str(subject["shipyard"])].stage(stage).sequence(str(subject["sequence"]))
    first = _first_task(definition, subject, undone=bool(turn.cause.data.get("undone")))
    execution = turn.put(_execution(turn, subject, execution_id, first=first, definition=definition))
    triggered_type = sequence_type(stage, execution.sequence, Phase.TRIGGERED)
    turn.emit(execution, triggered_type, execution.data, event_id=execution.id, triggered_id=turn.cause.id)


def _first_task(definition: SequenceDefinition, subject: Mapping[str, Any], *, undone: bool) -> int:
    failed = max(int(subject.get("next") or 0) - 1, 0)
    deployment = definition.position("deployment")
    return min(failed, deployment) if undone and deployment is not None else failed


def _execution(
    turn: Turn, subject: Mapping[str, Any], execution_id: str, *, first: int, definition: SequenceDefinition
) -> Execution:
    deployment = definition.position("deployment")
    force = {"force": turn.cause.data["force"]} if turn.cause.data.get("force") else {}
    kept = bool(subject.get("touched")) and (deployment is None or first > deployment)
    return Execution(
        id=execution_id,
        context=str(subject["context"]),
        sequence=str(subject["sequence"]),
        shipyard=str(subject["shipyard"]),
        rank=Rank.ORDINARY,
        triggered_at=turn.now,
        root_time=utc(str(subject["root_time"])),
        source=turn.cause.source,
        hops=max(turn.cause.hops, int(subject["hops"])) + 1,
        data={**subject["data"], "result": "", "status": "", "message": "", **force},
        image=str(subject["image"]),
        digest=str(subject["digest"]),
        touched=kept,
        next=first,
        manual=False,
        rerun=True,
    )
