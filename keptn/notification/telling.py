"""Telling chats and other systems what a team subscribed to in `notify.yaml`. Called by the function `notify`.

A delivery never waits for it. An endpoint that is away is tried again by the Broker; what cannot be told (an invalid
file, a missing secret, a refused call) goes to the dead-letter sink, with the reason.
"""

from __future__ import annotations

from keptn import events
from keptn.context import Context
from keptn.errors import Refused, Unavailable, Undecodable, Unknown
from keptn.events import Event
from keptn.notification import channels, outbound, subscriptions
from keptn.notification.subscriptions import Subscription


def tell(event: Event, ctx: Context) -> None:
    """Tell everybody who wants to hear of it, whatever happens to the others. Raises Unavailable, Undecodable."""
    refused: list[str] = []
    unavailable: list[str] = []
    for subscription in _subscriptions(event, ctx):
        try:
            _tell(event, subscription, ctx)
        except Refused as exc:
            refused.append(f"{subscription.name}: {exc}")
        except Unavailable as exc:
            unavailable.append(f"{subscription.name}: {exc}")
    if unavailable:
        raise Unavailable("; ".join(unavailable + refused))
    if refused:
        raise Undecodable("; ".join(refused))


def _subscriptions(event: Event, ctx: Context) -> list[Subscription]:
    if not event.scope.project:
        return []
    try:
        content = ctx.config_repo.tree(event.scope.project, "main").read(subscriptions.FILE)
        return [s for s in subscriptions.parse(content) if s.wants(event)] if content else []
    except Unknown:  # the project is not there yet, or no more
        return []
    except Refused as exc:
        raise Undecodable(f"{event.type} was not told to anybody: {exc}") from exc


def _tell(event: Event, subscription: Subscription, ctx: Context) -> None:
    correlation = events.derived_id(event.id, "notify", subscription.name)
    for posting in channels.postings(event, channel=subscription.channel, correlation=correlation):
        call = outbound.Call(
            secret=subscription.secret,
            correlation=posting.correlation,
            channel=subscription.channel,
            body=posting.body,
            headers=posting.headers,
        )
        outbound.call_once(call, ctx)
