"""dead_letter: the dead-letter sink. `/task`: an executor's trigger, its task ends as errored; `/keep`: all others.

Consumes whatever could not be delivered. Posts `<task>.finished` on `/task`.
"""

from keptn import runtime
from keptn.context import Context
from keptn.events import Event
from keptn.records import dead_letters


@runtime.event
def end_task(undelivered: Event, ctx: Context) -> None:
    dead_letters.end_task(undelivered, ctx)


@runtime.event
def keep(undelivered: Event, ctx: Context) -> None:
    dead_letters.keep(undelivered, ctx)


handle = runtime.by_path({"/task": end_task}, otherwise=keep)
