"""deploy: put an artifact into a stage as its strategy says (`deployment.triggered`).

The work is in keptn/deployment/.
"""

from keptn import events, runtime
from keptn.context import Context
from keptn.deployment import step
from keptn.deployment.strategy import Phase
from keptn.events import Event


@runtime.task("deploy", events.triggered_type("deployment"))
def handle(task: Event, ctx: Context) -> Event:
    done = step.carry_out(task, ctx, phase=Phase.DEPLOY)
    return runtime.passed("deploy", task, ctx, message=done.message, payload=done.data)
