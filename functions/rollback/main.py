"""rollback: undo what a delivery did to a stage (`rollback.triggered`).

The work is in keptn/deployment.py; the plan is in keptn/strategy.py.
"""

from keptn import deployment, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.strategy import Phase


@runtime.task("rollback")
def handle(task: Event, ctx: Context) -> Event:
    done = deployment.carry_out(task, ctx, phase=Phase.ROLLBACK)
    return runtime.passed("rollback", task, ctx, message=done.message, payload=done.data)
