"""One compare-and-swap around the engine: read the slot, step, set the alarm, write, then do what follows.

Whatever the process dies between, the event delivered again or the slot's alarm finishes the rest: what follows stays
in the slot until it is proven or was done twice, and every part of it may happen twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from keptn import events, sequence
from keptn.context import Context
from keptn.errors import LostRace, Unavailable
from keptn.events import SLOT_ALARM, Event, Scope, rfc3339
from keptn.orchestration import posting, retiring
from keptn.ports import StoredObject
from keptn.records import objects
from keptn.sequence import SOURCE, Facts, Slot, codec
from keptn.sequence.slot import Alarm, Pending

ATTEMPTS = 8
FUNCTION = "orchestrate"
"""Whose timers wake a slot."""

FactsFor = Callable[[Slot], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A transition that is written, with its documents, and whose events are still to be posted.

    changed: whether the event said something new. generation: of the slot as written; 0 if nothing was. own: what the
    event brought about and is still pending. aside: as of `sequence.Effects`.
    """

    slot: Slot
    changed: bool
    generation: int = 0
    own: tuple[Pending, ...] = ()
    aside: Slot | None = None


def run(scope: Scope, event: Event, ctx: Context, facts_for: FactsFor) -> bool:
    """Bring the event into the slot, and do what follows; return whether it said something new there.

    Raises Unavailable when others keep winning the race, or a part is away.
    """
    decision = decide(scope, event, ctx, facts_for)
    finish(decision, ctx)
    return decision.changed


def decide(scope: Scope, event: Event, ctx: Context, facts_for: FactsFor) -> Decision:
    """The first half: the slot is written, and what people read. Raises Unavailable."""
    repeated: list[Pending] = []
    for _ in range(ATTEMPTS):
        if decision := _attempt(_load(scope, ctx), event, ctx, facts_for, repeated):
            return decision
    raise Unavailable(f"slot {scope} is being written by others; deliver {event.type} again")


def finish(decision: Decision, ctx: Context) -> None:
    """The second half: post the events, and put an idle slot to rest. Raises Unavailable."""
    posting.post_all(decision.own, ctx)
    if decision.aside:
        posting.leave(decision.aside, ctx)
    if decision.generation and not decision.slot.open:
        _rest(decision.slot, decision.own, decision.generation, ctx)


def _load(scope: Scope, ctx: Context) -> tuple[Slot, StoredObject | None]:
    """A slot that is not there goes on where one that was retired ended: its fence never goes back."""
    stored = ctx.store.get(objects.slot(scope))
    return (codec.decode(stored.data) if stored else retiring.successor(ctx.store, scope)), stored


def _attempt(
    loaded: tuple[Slot, StoredObject | None], event: Event, ctx: Context, facts_for: FactsFor, repeated: list[Pending]
) -> Decision | None:
    """None if somebody else wrote first. repeated: what was done once more in an earlier attempt."""
    slot, stored = loaded
    rung = event.type == SLOT_ALARM and slot.alarm is not None and slot.alarm.id == event.id
    now = max(ctx.clock.now(), slot.alarm.due) if rung and slot.alarm else ctx.clock.now()
    after, effects = sequence.step(slot, event, now, facts_for(slot))
    stray = event.type == SLOT_ALARM and not rung
    generation = 0
    if rung or effects.changed or (stray and _may_be_awaited(event, slot)):
        _repeat(slot, (one for one in effects.stale if one not in repeated), ctx, repeated)
        written = _write(after, slot.alarm, stored, due=effects.alarm, now=now, ctx=ctx, rung=rung)
        if written is None:
            return None
        after, generation = written
    if stray and (timer := event.extensions.get(events.TIMER)):
        ctx.timers.cancel(timer)
    posting.write_documents(after, effects.own, ctx)
    return Decision(slot=after, changed=effects.changed, generation=generation, own=effects.own, aside=effects.aside)


def _may_be_awaited(alarm: Event, slot: Slot) -> bool:
    """Whether the write that this alarm was set for may still come; a write now makes it lose its race."""
    revision = alarm.data.get("revision")
    return isinstance(revision, int) and slot.revision < revision


def _repeat(slot: Slot, stale: Iterable[Pending], ctx: Context, repeated: list[Pending]) -> None:
    """Do once more what nothing proves: before the write that drops it."""
    found = tuple(stale)
    posting.write_documents(slot, found, ctx)
    posting.post_all(found, ctx)
    repeated += found


def _write(
    slot: Slot,
    before: Alarm | None,
    stored: StoredObject | None,
    *,
    due: datetime | None,
    now: datetime,
    ctx: Context,
    rung: bool,
) -> tuple[Slot, int] | None:
    """Set the alarm, then write the slot; None if the race is lost. An alarm that is past is never kept."""
    slot = replace(slot, revision=slot.revision + 1, writer=str(uuid.uuid4()))
    keep = before is not None and not rung and before.due > now and due is not None and before.due <= due
    alarm = before if keep else _set_alarm(slot, due, now, ctx) if due else None
    slot = replace(slot, alarm=alarm)
    generation = _put(slot, stored.generation if stored else 0, ctx)
    unneeded = alarm if generation is None else before
    if unneeded and not keep:
        ctx.timers.cancel(unneeded.name)
    return None if generation is None else (slot, generation)


def _put(slot: Slot, generation: int, ctx: Context) -> int | None:
    """The new generation. A lost race that this very write won (its answer was lost) is told by the writer's id."""
    name = objects.slot(slot.scope)
    try:
        return ctx.store.put(name, codec.encode(slot), if_generation=generation)
    except LostRace:
        found = ctx.store.get(name)
        return found.generation if found and codec.decode(found.data).writer == slot.writer else None


def _set_alarm(slot: Slot, due: datetime, now: datetime, ctx: Context) -> Alarm:
    """revision: of the write that this alarm is for; whoever hears it without that write knows whether it came."""
    scope = slot.scope
    place = {"project": scope.project, "stage": scope.stage, "service": scope.service}
    alarm_id = events.derived_id(str(scope), "alarm", slot.writer)
    data = {**place, "due": rfc3339(due), "revision": slot.revision}
    event = Event(type=SLOT_ALARM, id=alarm_id, source=SOURCE, time=now, data=data)
    return Alarm(id=alarm_id, due=due, name=ctx.timers.set(function=FUNCTION, event=event, due=due))


def _rest(slot: Slot, done: tuple[Pending, ...], generation: int, ctx: Context) -> None:
    """Nothing runs here any more: what was done leaves the slot, and the alarm with it unless something is left."""
    rested = sequence.without(slot, done)
    if rested.pending:
        return
    rested = replace(rested, revision=slot.revision + 1, writer=str(uuid.uuid4()), alarm=None)
    try:
        ctx.store.put(objects.slot(slot.scope), codec.encode(rested), if_generation=generation)
    except LostRace:
        return  # somebody wrote meanwhile, and has it in theirs
    if slot.alarm:
        ctx.timers.cancel(slot.alarm.name)
