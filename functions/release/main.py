"""release: give the candidate a share of the traffic (`traffic.triggered`), or all of it (`release.triggered`).

The work is in keptn/deployment/.
"""

from keptn import events, runtime
from keptn.context import Context
from keptn.deployment import step
from keptn.deployment.strategy import Phase
from keptn.events import Event

PHASES = {events.triggered_type("traffic"): Phase.TRAFFIC, events.triggered_type("release"): Phase.RELEASE}


@runtime.task("release", *PHASES)
def handle(task: Event, ctx: Context) -> Event:
    done = step.carry_out(task, ctx, phase=PHASES[task.type])
    return runtime.passed("release", task, ctx, message=done.message, payload=done.data)
