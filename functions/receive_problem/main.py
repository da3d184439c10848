"""Hears monitors: a problem that is open starts a remediation in its stage. Says what it ignores and why."""

from keptn import runtime, web
from keptn.context import Context
from keptn.projects import hook_tokens
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import problem
from keptn.webhooks.senders import monitors

HINT = "send `Authorization: Bearer <token>` with the token of the secret hook-problems (keptn create secret)"


@runtime.http
def handle(request: Request, ctx: Context) -> Answer:
    web.require_token(request, ctx.secrets, name=hook_tokens.PROBLEMS, hint=HINT)
    reported = monitors.read(request.json())
    return json_answer(problem.accept(reported, ctx=ctx), status=202)
