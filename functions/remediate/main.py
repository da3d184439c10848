"""remediate: chooses the next action for a problem (`get-action.triggered`) and carries it out (`action.triggered`).

An action that no built-in executor knows is an extension's. The work is in keptn/remediation/.
"""

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.remediation import step

STEPS = {events.triggered_type("get-action"): step.choose, events.triggered_type("action"): step.act}


@runtime.task("remediate", *STEPS)
def handle(task: Event, ctx: Context) -> Event | None:
    done = STEPS[task.type](task, ctx)
    if done is None:
        return None
    return runtime.ended("remediate", task, ctx, result=done.result, message=done.message, payload=done.data)
