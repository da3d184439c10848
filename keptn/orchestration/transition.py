"""One compare-and-swap around the engine: read the slot, step, set the alarm, write, then do what follows.

Whatever the process dies between, the event delivered again or the slot's alarm finishes the rest: what follows stays
in the slot until it is proven or known to be done, and every part of it may happen twice.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace, Unavailable
from keptn.events import SLOT_ALARM, Event, Scope, rfc3339
from keptn.orchestration import posting, retiring
from keptn.ports import StoredObject
from keptn.records import objects
from keptn.sequence import codec, engine
from keptn.sequence.slot import Alarm, Pending, Slot
from keptn.sequence.turn import SOURCE, Facts, on_grid

ATTEMPTS = 8
WRITES = 4
"""How often a store that cannot write now is asked: a bucket takes about one write a second of one name, and the
Broker's own repeats soon come minutes apart.
"""
STRAY_S = 600.0
"""An alarm that its slot does not know comes back after so long: no run that could still name it lives then."""
MOST_PENDING = 16
"""So much may stay in a slot unproven; beyond that its event says that it was done, lest a storm fills the slot."""
FUNCTION = "orchestrate"
"""Whose timers wake a slot."""

FactsFor = Callable[[Slot], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A transition that is written, with its documents, and whose events are still to be posted.

    changed: whether the event said something new. generation: of the slot as written; 0 if nothing was. own: what the
    event brought about and is still pending. confirms: whether it is to be taken out of the slot once it is done.
    spent: timers that are not needed once the events are posted: until then the clock calls again. aside: as of
    `engine.Effects`.
    """

    slot: Slot
    changed: bool
    generation: int = 0
    own: tuple[Pending, ...] = ()
    confirms: bool = False
    spent: tuple[str, ...] = ()
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
    for _ in range(ATTEMPTS):
        if decision := _attempt(load(scope, ctx), event, ctx, facts_for):
            return decision
    raise Unavailable(f"slot {scope} is being written by others; deliver {event.type} again")


def finish(decision: Decision, ctx: Context) -> None:
    """The second half: post the events. Raises Unavailable."""
    posting.post_all(decision.own, ctx)
    for timer in decision.spent:
        ctx.timers.cancel(timer)
    if decision.aside:
        posting.leave(decision.aside, ctx)
    if decision.confirms:
        with suppress(Unavailable, LostRace):  # then it is done once more, by the alarm
            _confirm(decision, ctx)


def load(scope: Scope, ctx: Context) -> tuple[Slot, StoredObject | None]:
    """A slot that is not there goes on where one that was retired ended: its fence never goes back."""
    stored = ctx.store.get(objects.slot(scope))
    return (codec.decode(stored.data) if stored else retiring.successor(ctx.store, scope)), stored


def _attempt(
    loaded: tuple[Slot, StoredObject | None], event: Event, ctx: Context, facts_for: FactsFor
) -> Decision | None:
    """None if somebody else wrote first."""
    slot, stored = loaded
    alarm = slot.alarm if event.type == SLOT_ALARM and slot.alarm and slot.alarm.id == event.id else None
    now = max(ctx.clock.now(), alarm.due) if alarm else ctx.clock.now()
    facts = facts_for(slot)
    if alarm:
        facts = replace(facts, ringing=frozenset(filter(ctx.timers.is_set, {p.again for p in slot.pending if p.again})))
    after, effects = engine.step(slot, event, now, facts)
    generation = 0
    if alarm or effects.changed:
        written = _write(after, slot.alarm, stored, due=effects.alarm, now=now, ctx=ctx, rung=alarm is not None)
        if written is None:
            return None
        after, generation = written
    posting.write_documents(after, effects.own, ctx)
    return Decision(
        slot=after,
        changed=effects.changed,
        generation=generation,
        own=effects.own,
        confirms=bool(generation) and (not after.open or len(after.pending) > MOST_PENDING),
        spent=_spent(event, slot, now, ctx) if event.type == SLOT_ALARM else (),
        aside=effects.aside,
    )


def _spent(alarm: Event, slot: Slot, now: datetime, ctx: Context) -> tuple[str, ...]:
    """The timers that have done their work when this alarm has done its own.

    One that its slot does not know may be named by a write that is still to come, so it comes back once, much later.
    """
    rung = alarm.extensions.get(events.TIMER, "")
    if slot.alarm and slot.alarm.id == alarm.id:
        return tuple({rung, slot.alarm.name} - {""})
    if rung and not alarm.data.get("stray"):
        again = replace(alarm, data={**alarm.data, "stray": True})
        ctx.timers.set(function=FUNCTION, event=again, due=now + timedelta(seconds=STRAY_S))
    return (rung,) if rung else ()


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
    """Set the alarm, then write the slot; None if the race is lost. An alarm that is past is never kept.

    rung: the alarm before is this event's, and is needed until what follows is done.
    """
    slot = replace(slot, revision=slot.revision + 1, writer=str(uuid.uuid4()))
    keep = before is not None and not rung and before.due > now and due is not None and before.due <= due
    slot = replace(slot, alarm=before if keep else _set_alarm(slot.scope, due, now, ctx) if due else None)
    generation = _put(slot, stored.generation if stored else 0, ctx)
    if generation is None:
        return None
    if before and not keep and not rung and before != slot.alarm:
        ctx.timers.cancel(before.name)
    return slot, generation


def _put(slot: Slot, generation: int, ctx: Context) -> int | None:
    """The new generation; None if the race is lost. Raises Unavailable.

    A lost race that this very write won (its answer was lost) is told by the writer's id.
    """
    name, data = objects.slot(slot.scope), codec.encode(slot)
    for left in reversed(range(WRITES)):
        try:
            return ctx.store.put(name, data, if_generation=generation)
        except LostRace:
            found = ctx.store.get(name)
            return found.generation if found and codec.decode(found.data).writer == slot.writer else None
        except Unavailable:
            if not left:
                raise
            ctx.clock.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - spreads those who are told to come later
    return None


def _set_alarm(scope: Scope, due: datetime, now: datetime, ctx: Context) -> Alarm:
    """Runs that race, and runs that are told to come later, set the same timer for the same moment."""
    due = due if due > now else on_grid(now + timedelta(seconds=1))
    place = {"project": scope.project, "stage": scope.stage, "service": scope.service}
    alarm_id = events.derived_id(str(scope), "alarm", rfc3339(due))
    event = Event(type=SLOT_ALARM, id=alarm_id, source=SOURCE, time=now, data={**place, "due": rfc3339(due)})
    return Alarm(id=alarm_id, due=due, name=ctx.timers.set(function=FUNCTION, event=event, due=due))


def _confirm(decision: Decision, ctx: Context) -> None:
    """Take what was done out of the slot; where nothing runs or is awaited any more, the alarm goes with it.

    Raises LostRace, Unavailable.
    """
    slot, generation = decision.slot, decision.generation
    after = engine.without(slot, decision.own)
    idle = not (after.open or after.pending or after.repairs)
    after = replace(after, revision=slot.revision + 1, writer=str(uuid.uuid4()), alarm=None if idle else slot.alarm)
    ctx.store.put(objects.slot(slot.scope), codec.encode(after), if_generation=generation)
    if idle and slot.alarm:
        ctx.timers.cancel(slot.alarm.name)
