"""orchestrate: from what happened to what happens next. The only writer of slots.

Consumes everything below `sh.keptn.event.` that ends in `.triggered`, `.started`, `.finished` or `.status.changed`
(it drops what is a task's trigger), `problem.resolved`, `sh.keptn.control.*`, and its timers
`sh.keptn.timer.orchestrate.due`. Answers 204: what follows is posted, for only then its outbox can be confirmed. The
work is in keptn/orchestration.
"""

from keptn import events, orchestration, runtime
from keptn.context import Context
from keptn.events import Event


@runtime.event
def handle(received: Event, ctx: Context) -> None:
    orchestration.handle(events.unwrapped(received), ctx)
