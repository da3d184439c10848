"""Hears monitors: a problem that is open starts a remediation in its stage. Says what it ignores and why."""

from keptn import runtime
from keptn.context import Context
from keptn.projects import hook_tokens
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import problem
from keptn.webhooks.senders import monitors


@runtime.http
def handle(request: Request, ctx: Context) -> Answer:
    opened = hook_tokens.opened_by_monitor(request, ctx.secrets)
    reported = monitors.read(request.json())
    return json_answer(problem.accept(reported, opened=opened, ctx=ctx), status=202)
