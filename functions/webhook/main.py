"""webhook: carries out a task of a sequence by a call, as `webhook.yaml` says (any `<task>.triggered` of such a task).

Which tasks these are the shipyard says (`properties: {webhook: NAME}`), and the engine stamps them for the Trigger. The
work is in keptn/webhook_task/.
"""

from keptn import runtime
from keptn.context import Context
from keptn.events import Event
from keptn.webhook_task import step


@runtime.task("webhook")
def handle(task: Event, ctx: Context) -> Event:
    return step.carry_out(task, ctx)
