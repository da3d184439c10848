"""clock: posts the timers that are due. Called by the PingSource, which exists only while there are timers.

Consumes `sh.keptn.timer.set`, which says when the next tick must come, and ticks (any other event: a tick carries
nothing). Posts `sh.keptn.timer.<function>.due`. The work is in keptn/ticking.py.
"""

from keptn import events, runtime, ticking
from keptn.context import Context
from keptn.events import Event


@runtime.event
def handle(received: Event, ctx: Context) -> None:
    if received.type == events.TIMER_SET:
        ticking.announced(received, ctx)
    else:
        ticking.tick(ctx)
