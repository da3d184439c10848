"""At most so many sequences of a service a day: a step on keptn's runtime that needs to know what was before.

It asks the api for that, with a token of its own, as everything does that is not part of keptn.
"""

import json
import os
from datetime import timedelta
from urllib.parse import urlencode

from keptn import events, runtime
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event, Result

STEP = "release-budget"


@runtime.task(STEP)
def handle(task: Event, ctx: Context) -> Event:
    per_day = int(task.data[STEP]["per_day"])
    today = _today(task, ctx, at_most=per_day)
    return runtime.ended(
        STEP,
        task,
        ctx,
        result=Result.PASS if today < per_day else Result.FAIL,
        message=f"{today} before this one within a day, {per_day} are allowed",
        payload={STEP: {"today": today, "per_day": per_day}},
    )


def _today(task: Event, ctx: Context, *, at_most: int) -> int:
    """How many began within a day before this one. Raises Unavailable: the Broker asks again, with back-off."""
    scope = task.scope
    asked = urlencode({"project": scope.project, "service": scope.service, "pageSize": at_most + 1})
    headers = {"x-token": os.environ["KEPTN_API_TOKEN"]}
    answer = ctx.http.request("GET", f"{os.environ['KEPTN_ENDPOINT']}/v1/delivery?{asked}", headers=headers)
    if answer.status != 200:
        raise Refused(f"the api answered {answer.status}: {answer.text}")
    others = [one for one in json.loads(answer.body)["deliveries"] if one["context"] != task.context]
    return sum(events.utc(one["time"]) > ctx.clock.now() - timedelta(days=1) for one in others)
