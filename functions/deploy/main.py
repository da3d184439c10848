"""deploy: put an artifact into a stage as its strategy says (`deployment.triggered`).

The work is in keptn/deployment.py; the plan is in keptn/strategy.py.
"""

from keptn import deployment, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.strategy import Phase


@runtime.task("deploy")
def handle(task: Event, ctx: Context) -> Event:
    done = deployment.carry_out(task, ctx, phase=Phase.DEPLOY)
    return runtime.passed("deploy", task, ctx, message=done.message, payload=done.data)
