"""clock: posts the timers that are due. Called by the PingSource, which exists only while there are timers.

Consumes any event (a tick carries nothing). Posts `sh.keptn.timer.<function>.due`. The work is in keptn/ticking.py.
"""

from keptn import runtime, ticking
from keptn.context import Context
from keptn.events import Event


@runtime.event
def handle(tick: Event, ctx: Context) -> None:
    del tick
    ticking.tick(ctx)
