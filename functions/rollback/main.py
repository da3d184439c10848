"""rollback: undo what a delivery did to a stage (`rollback.triggered`).

The work is in keptn/deployment/.
"""

from keptn import events, runtime
from keptn.context import Context
from keptn.deployment import step
from keptn.deployment.strategy import Phase
from keptn.events import Event


@runtime.task("rollback", events.triggered_type("rollback"))
def handle(task: Event, ctx: Context) -> Event:
    done = step.carry_out(task, ctx, phase=Phase.ROLLBACK)
    return runtime.passed("rollback", task, ctx, message=done.message, payload=done.data)
