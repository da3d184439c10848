"""A rollback that somebody asked for holds back deliveries, and when it has worked it pins the stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keptn.events import Result
from keptn.sequence import kind
from keptn.sequence.slot import Execution, Pin, Slot
from keptn.sequence.turn import Turn


def under_way(turn: Turn) -> str:
    """Who asked for a rollback that is not over yet, and why; empty if nobody has. No delivery goes before it."""
    asked = next((execution for execution in turn.slot.open if _is_asked_for(turn, execution)), None)
    return "by {}: {}".format(*_by_and_why(asked)) if asked else ""


def pinned(turn: Turn, over: Execution) -> Execution:
    """Pin the stage if this was such a rollback and it worked; the execution then says so, with what lifts it."""
    worked = over.runs and over.result in {Result.PASS, Result.WARNING}
    if not worked or not _is_asked_for(turn, over):
        return over
    by, reason = _by_and_why(over)
    turn.change(pin=Pin(by=by, reason=reason, at=turn.now, context=over.context))
    said = f"{turn.slot.scope} is pinned; {lifted_by(turn.slot)} lifts it"
    return replace(over, message=f"{over.message}; {said}" if over.message else said)


def lifted_by(slot: Slot) -> str:
    """The command that lifts a pin."""
    scope = slot.scope
    return f"keptn unpin --project={scope.project} --stage={scope.stage} --service={scope.service}"


def _is_asked_for(turn: Turn, execution: Execution) -> bool:
    definition = turn.definition(execution)
    if not execution.manual or definition.position("rollback") is None:
        return False
    return not (kind.is_remediation(definition, execution.data) or kind.is_delivery(definition, execution.data))


def _by_and_why(execution: Execution) -> tuple[str, str]:
    found = execution.data.get("rollback")
    asked = found if isinstance(found, Mapping) else {}
    return str(asked.get("by") or execution.source), str(asked.get("reason") or "a manual rollback")
