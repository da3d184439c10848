"""One compare-and-swap around the engine: read the slot, step, set the alarm, write, then do what follows.

Whatever the process dies between, the event delivered again or the slot's alarm finishes the rest: effects stay in the
slot until they are confirmed, and every one of them may happen twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from keptn import events, sequence
from keptn.context import Context
from keptn.errors import LostRace, Unavailable
from keptn.events import Event, Scope, rfc3339
from keptn.orchestration import execution_documents
from keptn.ports import StoredObject
from keptn.records import objects
from keptn.sequence import ALARM, SOURCE, Facts, Slot, codec
from keptn.sequence.deadlines import earliest
from keptn.sequence.slot import Alarm

ATTEMPTS = 8
FUNCTION = "orchestrate"
"""Whose timers wake a slot."""


def run(scope: Scope, event: Event, ctx: Context, facts_for: Callable[[Slot], Facts]) -> bool:
    """Bring the event into the slot; return whether it said something new there.

    Raises Unavailable when others keep winning the race, or a part is away.
    """
    for _ in range(ATTEMPTS):
        stored = ctx.store.get(objects.slot(scope))
        slot = codec.decode(stored.data) if stored else Slot(scope=scope)
        if (changed := _attempt(slot, stored, event, ctx, facts_for)) is not None:
            return changed
    raise Unavailable(f"slot {scope} is being written by others; deliver {event.type} again")


def _attempt(
    slot: Slot, stored: StoredObject | None, event: Event, ctx: Context, facts_for: Callable[[Slot], Facts]
) -> bool | None:
    """Whether the event said something new; None if somebody else wrote first."""
    now = ctx.clock.now()
    rung = event.type == ALARM and slot.alarm is not None and slot.alarm.due <= now
    after, effects = sequence.step(slot, event, now, facts_for(slot))
    if rung or effects.changed:
        written = _write(after, stored, effects.alarm, now, ctx, rung=rung)
        if written is None:
            return None
        after, generation = written
    elif stored is None or slot.is_settled:
        return False
    else:
        generation = stored.generation
    carry_out(after, ctx)
    _confirm(after, generation, now, ctx)
    return effects.changed


def _write(
    slot: Slot, stored: StoredObject | None, due: datetime | None, now: datetime, ctx: Context, *, rung: bool
) -> tuple[Slot, int] | None:
    """Set the alarm, then write the slot; None if the race is lost."""
    before = slot.alarm
    kept = before if before and not rung and (due is None or before.due <= due) else None
    slot = replace(slot, revision=slot.revision + 1, writer=str(uuid.uuid4()), alarm=kept)
    if due and kept is None:
        slot = replace(slot, alarm=_set_alarm(slot, due, now, ctx))
    generation = _put(slot, stored.generation if stored else 0, ctx)
    if generation is None:
        return None
    if before and slot.alarm != before:
        ctx.timers.cancel(before.name)
    return slot, generation


def _put(slot: Slot, generation: int, ctx: Context) -> int | None:
    """The new generation. A lost race that this very write won (its answer was lost) is told by the writer's id."""
    name = objects.slot(slot.scope)
    try:
        return ctx.store.put(name, codec.encode(slot), if_generation=generation)
    except LostRace:
        found = ctx.store.get(name)
        return found.generation if found and codec.decode(found.data).writer == slot.writer else None


def _set_alarm(slot: Slot, due: datetime, now: datetime, ctx: Context) -> Alarm:
    scope = slot.scope
    data = {"project": scope.project, "stage": scope.stage, "service": scope.service, "due": rfc3339(due)}
    alarm_id = events.derived_id(str(scope), "alarm", slot.writer)
    event = Event(type=ALARM, id=alarm_id, source=SOURCE, time=now, data=data)
    return Alarm(due=due, name=ctx.timers.set(function=FUNCTION, event=event, due=due))


def carry_out(slot: Slot, ctx: Context) -> None:
    """Verdicts and documents first: whoever hears of an event finds what it speaks of. Raises Unavailable."""
    for rejection in slot.verdicts:
        execution_documents.reject(ctx.store, rejection, scope=slot.scope)
    for execution in slot.executions:
        if execution.id in slot.unwritten:
            execution_documents.write(ctx.store, execution, scope=slot.scope, revision=slot.revision)
    for event in slot.outbox:
        ctx.sink.post(event)


def _confirm(slot: Slot, generation: int, now: datetime, ctx: Context) -> None:
    """Take what was done out of the slot. If somebody wrote meanwhile, they have it in theirs and confirm it."""
    done = sequence.settled(slot)
    idle = earliest(done, now) is None
    done = replace(done, revision=slot.revision + 1, writer=str(uuid.uuid4()), alarm=None if idle else slot.alarm)
    try:
        ctx.store.put(objects.slot(slot.scope), codec.encode(done), if_generation=generation)
    except LostRace:
        return
    if idle and slot.alarm:
        ctx.timers.cancel(slot.alarm.name)
