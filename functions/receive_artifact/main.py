"""Hears registries: what was pushed starts the delivery in the first stage. Says what it ignores and why."""

from keptn import runtime
from keptn.context import Context
from keptn.projects import hook_tokens
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import artifact
from keptn.webhooks.senders import registries


@runtime.http
def handle(request: Request, ctx: Context) -> Answer:
    opened = hook_tokens.opened_by(request, ctx.secrets)
    notification = registries.read(request.json())
    return json_answer(artifact.accept(notification, opened=opened, ctx=ctx), status=202)
