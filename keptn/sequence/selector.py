"""Which sequences follow the end of one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keptn.events import Result, Status
from keptn.shipyard import SequenceDefinition, Shipyard


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A sequence that ended. last_task: the last one executed, with its result."""

    stage: str
    sequence: str
    result: str
    status: str
    last_task: str = ""
    last_result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    stage: str
    sequence: SequenceDefinition


def following(shipyard: Shipyard, ended: Ended) -> list[FollowUp]:
    """In the order of the shipyard, each once."""
    return [
        FollowUp(stage=stage.name, sequence=sequence)
        for stage in shipyard.stages
        for sequence in stage.sequences
        if any(
            (trigger.stage, trigger.sequence) == (ended.stage, ended.sequence) and matches(trigger.match, ended)
            for trigger in sequence.triggered_on
        )
    ]


def matches(match: Mapping[str, str] | None, ended: Ended) -> bool:
    """Absent: pass or warning. Present: the sequence's result or that of the last executed task, either is enough.

    What was aborted is followed only by what asks for `status: aborted`, which is ours. Source: keptn 1.4,
    shipyard-controller; its specification's `failed` never matched, the value is `fail`.
    """
    if ended.status == Status.ABORTED:
        return match is not None and match.get("status") == Status.ABORTED
    if match is None:
        return ended.result in {Result.PASS, Result.WARNING}
    if match.get("result") == ended.result:
        return True
    return bool(ended.last_task) and match.get(f"{ended.last_task}.result") == ended.last_result
