"""dead_letter: the dead-letter sink. `/task`: an executor's trigger, its task ends as errored; `/keep`: all others.

Consumes whatever could not be delivered. Replies `<task>.finished` on `/task`. The work is in keptn/dead_letters.py.
"""

import flask

from keptn import dead_letters, runtime
from keptn.context import Context
from keptn.events import Event


@runtime.event("dead-letter")
def end_task(undelivered: Event, ctx: Context) -> Event | None:
    return dead_letters.end_task(undelivered, ctx)


@runtime.event("dead-letter")
def keep(undelivered: Event, ctx: Context) -> None:
    dead_letters.keep(undelivered, ctx)


def handle(request: flask.Request) -> flask.Response:
    return end_task(request) if request.path == "/task" else keep(request)
