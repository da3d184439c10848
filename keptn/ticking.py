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
    failed: list[str] = []
    ctx.wake_up.follow(lambda: _ring(failed, ctx))
    if failed:
        raise Unavailable(failed[0])


def _ring(failed: list[str], ctx: Context) -> datetime | None:
    """Post what is due; return when to tick next, None if nothing is left. failed: what could not be posted."""
    now, again = ctx.clock.now(), None
    for due, name in ctx.due_timers.upcoming():
        if due > now:
            return min(again, due) if again else due
        if not _is_done(name, failed, ctx):
            again = now + timedelta(seconds=AGAIN_S)
    return again


def _is_done(name: str, failed: list[str], ctx: Context) -> bool:
    """Post the timer's event, and delete it unless it is an alarm. Whether it is gone."""
    due = ctx.due_timers.rung(name)
    if due is None:
        return True
    try:
        ctx.sink.post(due)
    except Refused as refused:
        dead_letters.refuse_timer(due, str(refused), ctx)
    except Unavailable as exc:
        failed.append(str(exc))
        return False
    if due.type == ALARM:
        return False
    ctx.timers.cancel(name)
    return True
