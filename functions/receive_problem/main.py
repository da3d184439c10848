"""Hears monitors: a problem that is open starts a remediation in its stage. Says what it ignores and why."""

from keptn import runtime
from keptn.context import Context
from keptn.web import Answer, Request, json_answer
from keptn.webhooks import monitor_entrance, problem
from keptn.webhooks.deadline import WITHIN_S, Deadline


@runtime.hook
def handle(request: Request, ctx: Context) -> Answer:
    deadline = Deadline(WITHIN_S)
    opened, reported = monitor_entrance.told(request, ctx)
    by_url = monitor_entrance.by_url(request)
    return json_answer(problem.accept(reported, opened=opened, by_url=by_url, ctx=ctx, deadline=deadline), status=202)
