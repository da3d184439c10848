"""The sequence engine: `step(slot, event, now) → (slot, effects)`. Pure; `keptn/orchestration/` stands around it.

slot.py    the values           admission.py  a sequence gets in      selector.py   what follows what
codec.py   to JSON and back     dispatch.py   who holds the slot      merge.py      data flow
turn.py    one transition       tasks.py      triggered, answered     aggregate.py  several executors
execution_document.py           ending.py     over, and what follows  verdicts.py   live and rejected versions
           for people           deadlines.py  time                    control.py    pause, resume, abort
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from keptn.events import Event, Phase, Scope, TypeParts, control_of, parse_type
from keptn.sequence import admission, control, deadlines, dispatch, tasks
from keptn.sequence.slot import Rejection, Slot
from keptn.sequence.turn import SOURCE, Facts, Turn

__all__ = ["ALARM", "SOURCE", "Effects", "Facts", "Slot", "refused", "settled", "step"]

ALARM = "sh.keptn.slot.alarm"
"""Type of the event that comes back when a slot's alarm is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What has to be done, in this order: set the alarm, write the slot, then verdicts, documents and events.

    alarm: the earliest deadline, None if nothing is awaited. changed: False if the event said nothing new.
    """

    alarm: datetime | None
    changed: bool
    verdicts: tuple[Rejection, ...] = ()
    unwritten: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


def step(slot: Slot, event: Event, now: datetime, facts: Facts | None = None) -> tuple[Slot, Effects]:
    """The slot after the event, and what follows from it.

    Effects are also in the slot (`outbox`, `unwritten`, `verdicts`) until `settled` says that they were done; the same
    event again changes nothing, but gives the effects that are still open.
    """
    turn = Turn(slot, event, now, facts or Facts())
    _apply(turn, event)
    if turn.slot != slot or event.type == ALARM:
        dispatch.settle(turn)
    after = turn.slot
    return after, Effects(
        alarm=deadlines.earliest(after, now),
        changed=after != slot,
        verdicts=after.verdicts,
        unwritten=after.unwritten,
        events=after.outbox,
    )


def refused(event: Event, parts: TypeParts, reason: str, now: datetime) -> Slot:
    """A slot that is never stored, with what a sequence leaves behind that finds no slot: its document and its end."""
    scope = Scope(project=event.scope.project, stage=parts.stage, service=event.scope.service)
    turn = Turn(Slot(scope=scope), event, now, Facts())
    admission.turn_down(turn, parts, reason)
    return turn.slot


def settled(slot: Slot) -> Slot:
    """The slot after its effects were done: executions that ended leave it."""
    return replace(slot, executions=slot.open, outbox=(), unwritten=(), verdicts=())


def _apply(turn: Turn, event: Event) -> None:
    parts = parse_type(event.type)
    if event.type == ALARM:
        deadlines.expire(turn)
    elif order := control_of(event.type):
        control.obey(turn, order)
    elif parts and parts.stage and parts.phase is Phase.TRIGGERED:
        admission.admit(turn, parts)
    elif parts and not parts.stage and parts.phase is not Phase.TRIGGERED:
        tasks.answered(turn, event, name=parts.name, phase=parts.phase)
