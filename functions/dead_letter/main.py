"""dead_letter: the dead-letter sink of the Broker, and so of every Trigger.

Consumes whatever could not be delivered. Posts `<task>.finished`, errored, if it was a task's trigger or its timer.
"""

from keptn import runtime
from keptn.context import Context
from keptn.events import Event
from keptn.records import dead_letters


@runtime.event
def handle(undelivered: Event, ctx: Context) -> None:
    dead_letters.take(undelivered, ctx)
