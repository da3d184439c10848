"""Telling chats and other systems what a team subscribed to in `notify.yaml`. Called by the function `notify`.

A delivery never waits for it. An endpoint that is away is tried again by the Broker; what cannot be told (an invalid
file, a missing secret, a refused call) goes to the dead-letter sink, with the reason. A change of the file counts
within a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from keptn import events
from keptn.context import Context
from keptn.errors import Refused, Unavailable, Undecodable, Unknown
from keptn.events import Event
from keptn.notification import calls, channels, outbound, subscriptions
from keptn.notification.subscriptions import Subscription

COUNTS = timedelta(seconds=60)
"""How long what was read of a project's file counts: thirty events of a delivery are one look at Git."""
MOST_PROJECTS = 500
"""Whose files one process remembers."""
APPROVAL = events.triggered_type("approval")
Read = Sequence[Subscription] | str
"""The subscriptions of a project, or what is wrong with its file."""


def tell(event: Event, ctx: Context) -> None:
    """Tell everybody who wants to hear of it, whatever happens to the others. Raises Unavailable, Undecodable."""
    refused: list[str] = []
    unavailable: list[str] = []
    for subscription in _listeners(event, ctx):
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


def _listeners(event: Event, ctx: Context) -> list[Subscription]:
    if not event.scope.project:
        return []
    try:
        found = _remembered(event.scope.project, ctx)
        if _sets_up(event):  # who makes a project or service subscribes next, and shall not wait a minute
            ctx.memory[__name__].pop(event.scope.project, None)
    except Unknown:  # the project is not there yet, or no more
        return []
    if isinstance(found, str):
        raise Undecodable(f"{event.type} was not told to anybody: {found}")
    return [subscription for subscription in found if subscription.wants(event)]


def _sets_up(event: Event) -> bool:
    parts = events.parse_type(event.type)
    return parts is not None and parts.stage in events.RESERVED_STAGES


def _remembered(project: str, ctx: Context) -> Read:
    """What was read of the project, by this process and not long ago, else what is there now. Raises Unknown."""
    remembered: dict[str, tuple[datetime, Read]] = ctx.memory.setdefault(__name__, {})
    known, now = remembered.get(project), ctx.clock.now()
    if known and timedelta() <= now - known[0] < COUNTS:
        return known[1]
    remembered.pop(project, None)
    remembered[project] = now, (found := _read(project, ctx))
    for oldest in list(remembered)[:-MOST_PROJECTS]:
        remembered.pop(oldest, None)
    return found


def _read(project: str, ctx: Context) -> Read:
    content = ctx.config_repo.tree(project, "main").read(subscriptions.FILE)
    try:
        return subscriptions.parse(content).subscriptions if content else ()
    except Refused as exc:
        return str(exc)


def _tell(event: Event, subscription: Subscription, ctx: Context) -> None:
    for call in calls.of(event, subscription, links=_links(event, subscription, ctx)):
        outbound.call_once(call, ctx)


def _links(event: Event, subscription: Subscription, ctx: Context) -> Mapping[str, str]:
    """Where a chat, or a body of a team's own, may answer what the event asks."""
    if event.type != APPROVAL or not (subscription.channel in channels.WITH_BUTTONS or subscription.body is not None):
        return {}
    from keptn import approvals  # noqa: PLC0415 - most of what is told asks nothing

    return approvals.links(event, ctx)
