"""What was pushed and cannot be delivered yet: the registry is away or slow, or the image is not there.

`receive_artifact` answers its sender in time and sets a timer; `resolve_artifact` asks again, at first after seconds,
then more and more rarely, until a quarter of an hour is over. One timer per image, whatever services wait for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace
from keptn.events import Event, rfc3339
from keptn.projects import artifacts
from keptn.projects.artifacts import Owner
from keptn.records import objects
from keptn.webhooks import recording, starting
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.digests import ASKED_FOR, Digests
from keptn.webhooks.recording import Waiting
from keptn.webhooks.senders.registries import Ignored, Push

FUNCTION = "resolve-artifact"
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=1)
"""Before an image is asked for again: as long as it waits already, within these."""
WITHIN_S = 20.0
"""How long one look at a registry may take; nobody waits for it but the Broker."""
log = logging.getLogger("keptn")


def since(push: Push, ctx: Context, arrived: datetime) -> datetime:
    """When the image began to be asked for: a notification that is repeated meanwhile is still the same arrival."""
    name = objects.waits_since(_id(push), FUNCTION)
    while True:
        stored = ctx.store.get(name)
        if stored and arrived < (known := events.utc(stored.data.decode())) + ASKED_FOR:
            return known
        try:
            ctx.store.put(name, rfc3339(arrived).encode(), if_generation=stored.generation if stored else 0)
        except LostRace:
            continue  # its repeat is heard at the same time
        return arrived


def ask_later(waiting: Sequence[Waiting], ctx: Context, arrived: datetime) -> Mapping[Push, datetime]:
    """Set a timer for every image; return until when each is asked for. Raises Unavailable.

    The same notification again is the same timer.
    """
    until = dict[Push, datetime]()
    for push in dict.fromkeys(one.push for one in waiting):
        begun = since(push, ctx, arrived)
        until[push] = begun + ASKED_FOR
        told = Event(type=events.ARTIFACT_WAITS, id=_id(push), source=starting.SOURCE, time=begun)
        mine = [one for one in waiting if one.push == push]
        beside = [asdict(one) for one in mine[0].beside]
        told = events.with_data(told, {"push": asdict(push), "beside": beside})
        _set(told, [one.owner for one in mine], ctx.clock.now(), ctx)
    return until


def ask_again(waited: Event, ctx: Context) -> None:
    """Deliver what can be delivered now; what still cannot is asked for later, or given up when its time is over.

    Raises Unavailable if the Broker or the store is away.
    """
    if waited.type != events.ARTIFACT_WAITS:
        return
    push, beside = Push(**waited.data["push"]), [Push(**one) for one in waited.data["beside"]]
    now = events.rung_at(waited, ctx.clock.now())
    digests = Digests(Deadline(WITHIN_S), ctx, attempts=0)
    left = list[Owner]()
    for owner in _still_there(waited, push, ctx):
        rules = artifacts.rules(ctx.store, push.repository, owner)
        done = starting.done(push, owner, digests, ctx, rules=rules, beside=beside)
        if isinstance(done, Waiting) and now < waited.time + ASKED_FOR:
            left.append(owner)
            continue
        if isinstance(done, Waiting):
            why = f"it was asked for in vain for 15 minutes; push it again: {done.why}"
            done = Ignored(what=str(push), why=why)
        if isinstance(done, Ignored):
            log.warning("%s is not delivered in %s/%s: %s", push, owner.project, owner.service, done.why)
        recording.keep(ctx.store, owner, push, done, arrived=waited.time)
    if left:
        _set(waited, left, now, ctx)


def _id(push: Push) -> str:
    return events.derived_id(push.event_id, str(push), push.digest, "waits")


def _still_there(waited: Event, push: Push, ctx: Context) -> Iterable[Owner]:
    """The services that wait, without those that were deleted, or moved to another repository, meanwhile."""
    there = artifacts.owners(ctx.store, push.repository)
    return [owner for owner in (Owner(**one) for one in waited.data["owners"]) if owner in there]


def _set(waited: Event, owners: Sequence[Owner], now: datetime, ctx: Context) -> None:
    wait = min(max(now - waited.time, SOONEST), LATEST)
    data = {**waited.data, "owners": [asdict(owner) for owner in owners]}
    due = min(now + wait, max(now + SOONEST, waited.time + ASKED_FOR))
    ctx.timers.set(function=FUNCTION, event=events.with_data(waited, data), due=due)
