"""The API for the CLI, the bridge, CI jobs and remote executors: posts valid events, answers queries."""

from keptn import runtime
from keptn.api import routes
from keptn.context import Context
from keptn.web import Answer, Request


@runtime.http
def handle(request: Request, ctx: Context) -> Answer:
    return routes.answer(request, ctx)
