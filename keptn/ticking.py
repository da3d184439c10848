"""One tick of the clock: post what is due, forget it, and let the wake-up go when nothing is left."""

from __future__ import annotations

from keptn.context import Context

AT_ONCE = 100


def tick(ctx: Context) -> None:
    """A timer is deleted only after its event was accepted, so it may come twice, with the same id.

    Raises Unavailable; the next tick goes on.
    """
    while due := ctx.timers.due(ctx.clock.now(), limit=AT_ONCE):
        for name, event in due:
            ctx.sink.post(event)
            ctx.timers.cancel(name)
        if len(due) < AT_ONCE:
            break
    if not ctx.timers.any_left():
        ctx.wake_up.release(lambda: not ctx.timers.any_left())
