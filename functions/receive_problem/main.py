"""Hears monitors: a problem that is open starts a remediation in its stage. Says what it ignores and why."""

from keptn import runtime, web
from keptn.context import Context
from keptn.hooks import problem, tokens
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import problems

HINT = "send `Authorization: Bearer <token>` with the token of the secret hook-problems (keptn create secret)"


@runtime.http
def handle(request: Request, ctx: Context) -> Answer:
    web.require_token(request, ctx.secrets, name=tokens.PROBLEMS, hint=HINT)
    reported = problems.read(request.json())
    return json_answer(problem.accept(reported, ctx=ctx), status=202)
