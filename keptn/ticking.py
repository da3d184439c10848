"""What the clock does: post what is due, and see to the next tick. Called by the function `clock`."""

from __future__ import annotations

from datetime import datetime, timedelta

from keptn import events
from keptn.context import Context
from keptn.errors import Refused, Unavailable, Undecodable
from keptn.events import Event
from keptn.records import dead_letters

ALARM = events.timer_type("orchestrate")
AGAIN_S = 10.0
"""After so long what is due and still there is posted again: an alarm that nobody has acted on, an event not taken."""


def announced(timer_set: Event, ctx: Context) -> None:
    """A timer was written: tick when it is due."""
    try:
        due = events.utc(str(timer_set.data.get("due")))
    except ValueError as exc:
        raise Undecodable(f"{timer_set.type} names no time in `due`: {exc}") from exc
    ctx.wake_up.earliest(due)


def tick(ctx: Context) -> None:
    """Post each due timer by itself: one that is not taken holds up no other.

    A slot deletes its own alarm, and until then hears it at every tick; any other timer is deleted once its event was
    taken, so it may come twice, with the same id. Raises Unavailable if something could not be posted.
    """
    now, failed = ctx.clock.now(), ""
    for name, due in ctx.due_timers.due(now):
        try:
            ctx.sink.post(due)
        except Refused as refused:
            dead_letters.refuse_timer(due, str(refused), ctx)
        except Unavailable as exc:
            failed = str(exc)
            continue
        if due.type != ALARM:
            ctx.timers.cancel(name)
    ctx.wake_up.follow(lambda: _next(now, ctx))
    if failed:
        raise Unavailable(failed)


def _next(now: datetime, ctx: Context) -> datetime | None:
    first = ctx.due_timers.next_due()
    if first is None or first > now:
        return first
    again, later = now + timedelta(seconds=AGAIN_S), ctx.due_timers.next_due(after=now)
    return min(again, later) if later else again
