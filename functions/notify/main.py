"""notify: tells chats and other systems what a team subscribed to in `notify.yaml`.

The work is in keptn/notification/.
"""

from keptn import runtime
from keptn.context import Context
from keptn.events import Event
from keptn.notification import telling


@runtime.event
def handle(event: Event, ctx: Context) -> None:
    telling.tell(event, ctx)
