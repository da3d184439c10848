"""approve: decide an approval as the shipyard says, or ask a person (`approval.triggered`).

Replies `approval.finished`, or `.started` with a link for each answer. The work is in keptn/approvals.py.
"""

from keptn import approvals, events, runtime
from keptn.context import Context
from keptn.events import Event


@runtime.task("approve", events.triggered_type("approval"))
def handle(task: Event, ctx: Context) -> Event:
    return approvals.decide(task, ctx)
