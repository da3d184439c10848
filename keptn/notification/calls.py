"""What a subscription is told of an event, as calls. Made by `notify`, and by who only wants to see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn import events
from keptn.events import Event
from keptn.notification import channels
from keptn.notification.outbound import Call
from keptn.notification.subscriptions import Subscription


def of(event: Event, subscription: Subscription, *, links: Mapping[str, str]) -> Sequence[Call]:
    """What a subscription is told of an event. Raises Refused for a template that cannot be filled."""
    correlation = events.derived_id(event.id, "notify", subscription.name)
    return [
        Call(
            secret=subscription.secret,
            correlation=posting.correlation,
            channel=subscription.channel,
            body=posting.body,
            headers=posting.headers,
        )
        for posting in channels.postings(
            event, channel=subscription.channel, correlation=correlation, body=subscription.body, links=links
        )
    ]
