"""A stage that a person holds as it is: by an order, or by a rollback that he asked for and that worked.

Such a rollback holds back deliveries already while it is under way.
"""

from __future__ import annotations

from dataclasses import replace

from keptn.events import Result, section
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


def hold(turn: Turn) -> None:
    """Pin the slot, unless a newer order is known: one that is delivered again must not undo what was lifted since."""
    asked, pin, lifted_at = turn.cause, turn.slot.pin, turn.slot.unpinned_at
    if (pin and pin.at >= asked.time) or (lifted_at and lifted_at >= asked.time):
        return
    by, reason = str(asked.data.get("by") or asked.source), str(asked.data.get("reason") or "")
    turn.change(pin=Pin(by=by, reason=reason, at=asked.time))


def lift(turn: Turn) -> None:
    """Unpin the slot, unless it was pinned by a newer order; a rollback's pin has the time of another clock."""
    pin, at = turn.slot.pin, turn.cause.time
    if pin and not pin.context and pin.at > at:
        return
    turn.change(pin=None, unpinned_at=max(at, turn.slot.unpinned_at or at))


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
    asked = section(execution.data, "rollback")
    return str(asked.get("by") or execution.source), str(asked.get("reason") or "a manual rollback")
