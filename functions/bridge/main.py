"""The pages that people keep open: what runs, what waits for them, what failed, and orders with a reason."""

from keptn import runtime
from keptn.bridge import routes
from keptn.context import Context
from keptn.web import Answer, Request


@runtime.pages(routes.told)
def handle(request: Request, ctx: Context) -> Answer:
    return routes.answer(request, ctx)
