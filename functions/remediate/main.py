"""remediate: chooses the next action for a problem (`get-action.triggered`) and carries it out (`action.triggered`).

An action that no built-in executor knows is an extension's. The work is in keptn/remediation/.
"""

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event, Phase
from keptn.remediation import step

STEPS = {
    events.task_type("get-action", Phase.TRIGGERED): step.choose,
    events.task_type("action", Phase.TRIGGERED): step.act,
}


@runtime.task("remediate")
def handle(task: Event, ctx: Context) -> Event | None:
    done = STEPS[task.type](task, ctx) if task.type in STEPS else None
    if done is None:
        return None
    return runtime.ended("remediate", task, ctx, result=done.result, message=done.message, payload=done.data)
