"""What would be told of an event, and to whom: for `keptn notify --dry-run`. Nothing is sent, kept or asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.approvals import VERDICTS
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event
from keptn.notification import calls, outbound
from keptn.notification.subscriptions import Subscription, can_be_heard
from keptn.sequence import asking


def of(event: Event, listeners: Sequence[Subscription], ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Per subscription its calls, the reason why it hears nothing, or what is wrong with it."""
    return [_of_one(event, one, ctx) for one in listeners]


def _of_one(event: Event, subscription: Subscription, ctx: Context) -> Mapping[str, Any]:
    named = {"name": subscription.name, "channel": subscription.channel}
    if not can_be_heard(event.type):
        return {**named, "calls": [], "silent": f"{event.type} is told to nobody"}
    if not subscription.wants(event):
        return {**named, "calls": [], "silent": "its events, results, stages or services leave this one out"}
    try:
        return {
            **named,
            "calls": [outbound.shown(call, ctx) for call in calls.of(event, subscription, links=_links(event, ctx))],
        }
    except Refused as refused:
        return {**named, "calls": [], "error": str(refused)}


def _links(event: Event, ctx: Context) -> Mapping[str, str]:
    """As they look: a real one would make the question, and answer it."""
    if not event.type.endswith(".approval.triggered") or not asking.asks(event):
        return {}
    return {str(verdict): f"{ctx.settings.function_url('api')}/v1/answer/…/{verdict}" for verdict in VERDICTS}
