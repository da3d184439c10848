"""Hears registries: what was pushed starts the delivery in the first stage. Says what it ignores and why."""

from keptn import runtime
from keptn.context import Context
from keptn.projects import hook_tokens
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import artifact, pubsub
from keptn.webhooks.deadline import WITHIN_S, Deadline
from keptn.webhooks.senders import registries


@runtime.http
def handle(request: Request, ctx: Context) -> Answer:
    deadline = Deadline(WITHIN_S)
    if pubsub.calls(request):
        opened, notification = hook_tokens.EVERY_SERVICE, pubsub.told(request, ctx, deadline)
    else:
        opened = hook_tokens.opened_by(request, ctx.secrets)
        notification = registries.read(request.json(), request.headers)
    return json_answer(artifact.accept(notification, opened=opened, ctx=ctx, deadline=deadline), status=202)
