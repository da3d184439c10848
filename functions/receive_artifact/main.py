"""Hears registries: what was pushed starts the delivery in the first stage. Says what it ignores and why."""

from keptn import runtime
from keptn.context import Context
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import artifact, entrance
from keptn.webhooks.deadline import WITHIN_S, Deadline


@runtime.hook
def handle(request: Request, ctx: Context) -> Answer:
    deadline = Deadline(WITHIN_S)
    opened, notification = entrance.told(request, ctx, deadline)
    return json_answer(artifact.accept(notification, opened=opened, ctx=ctx, deadline=deadline), status=202)
