"""resolve-artifact: asks again for an image that was pushed and whose registry could not say its digest yet.

Consumes its timer `sh.keptn.timer.resolve-artifact.due`, which `receive_artifact` sets. Posts
`<first stage>.delivery.triggered`. The work is in keptn/webhooks/waiting.py.
"""

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.webhooks import waiting


@runtime.event
def handle(received: Event, ctx: Context) -> None:
    waiting.ask_again(events.unwrapped(received), ctx)
