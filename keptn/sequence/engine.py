"""One step of the engine, and what has to be done after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from keptn.events import PROBLEM_RESOLVED, SLOT_ALARM, Event, Phase, Scope, TypeParts, control_of, parse_type
from keptn.sequence import admission, control, deadlines, dispatch, repairs, resolved, tasks
from keptn.sequence.aggregate import Outcome
from keptn.sequence.slot import Pending, Slot, State
from keptn.sequence.turn import Facts, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What has to be done, in this order: set the alarm, write the slot, then verdicts, documents and events.

    alarm: the earliest deadline, None if nothing is awaited. changed: False if the event said nothing new. own: what
    follows from this event and is not known to be done, also when it is a repeat; of an alarm, also what it is to do
    once more. aside: a slot that is never stored, with what a sequence leaves behind that was not let in.
    """

    alarm: datetime | None
    changed: bool
    own: tuple[Pending, ...] = ()
    aside: Slot | None = None


def step(slot: Slot, event: Event, now: datetime, facts: Facts | None = None) -> tuple[Slot, Effects]:
    """The slot after the event, and what follows from it.

    What follows stands in the slot (`pending`) until an answer proves it, or its event's handler says that it was done;
    the same event again changes nothing, but gives what is still open of its own.
    """
    turn = Turn(slot, event, now, facts or Facts())
    _apply(turn, event)
    if turn.slot != slot or event.type == SLOT_ALARM:
        repairs.begin(turn)
        dispatch.settle(turn)
    after = without(turn.slot, ())
    own = after.of(event.identity)
    return after, Effects(alarm=deadlines.earliest(after), changed=after != slot, own=own, aside=turn.aside)


def turned_away(
    event: Event, parts: TypeParts, outcome: Outcome, now: datetime, *, state: State = State.FINISHED
) -> Slot:
    """A slot that is never stored, with what a sequence leaves behind that is not let in: its document and its end."""
    scope = Scope(project=event.scope.project, stage=parts.stage, service=event.scope.service)
    turn = Turn(Slot(scope=scope), event, now, Facts())
    admission.turn_away(turn, admission.outsider(turn, parts.name), outcome, state=state)
    return turn.aside or turn.slot


def without(slot: Slot, done: tuple[Pending, ...]) -> Slot:
    """The slot when these were done: executions that ended leave it with their documents."""
    pending = tuple(one for one in slot.pending if one not in done)
    written = {one.execution for one in pending}
    kept = tuple(e for e in slot.executions if not e.ended or e.key in written)
    return replace(slot, executions=kept, pending=pending)


def _apply(turn: Turn, event: Event) -> None:
    parts = parse_type(event.type)
    if event.type == SLOT_ALARM:
        deadlines.expire(turn)
    elif event.type == PROBLEM_RESOLVED:
        resolved.withdraw(turn)
    elif order := control_of(event.type):
        control.obey(turn, order)
    elif parts and parts.stage and parts.phase is Phase.TRIGGERED:
        admission.admit(turn, parts)
    elif parts and not parts.stage and parts.phase is not Phase.TRIGGERED:
        tasks.answered(turn, event, name=parts.name, phase=parts.phase)
