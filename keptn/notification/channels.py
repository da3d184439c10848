"""What is posted to each kind of channel for an event. A new channel is a function here and a line in
`CHANNELS`, or in `WITH_BUTTONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import events
from keptn.events import Event, Result
from keptn.notification import cdevents, message, template
from keptn.notification.message import Message

SIGNS = {"pass": "✅", "warning": "⚠️", "fail": "❌", "": "🔔"}
COLOURS = {"pass": "Good", "warning": "Warning", "fail": "Attention", "": "Default"}
SLACK_HEADER, SLACK_TEXT = 150, 3000
"""Slack's limits, characters. Source: Slack, Block Kit, header and section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One call. correlation: the id of the call and its repeats; it is in the body, too."""

    correlation: str
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def postings(
    event: Event,
    *,
    channel: str,
    correlation: str,
    body: Any = None,  # noqa: ANN401 - JSON
    links: Mapping[str, str] | None = None,
) -> Sequence[Posting]:
    """What to post; nothing where the channel has no word for the event. body: a team's own, of templates.

    links: verdict to the address that gives it, where the event asks for one; buttons in a chat.
    Raises Refused for a template that cannot be filled.
    """
    if body is not None:
        values = {**template.of_event(event, correlation=correlation), "links": dict(links or {})}
        return [Posting(correlation=correlation, body=template.json_body(body, values))]
    if channel in WITH_BUTTONS:
        return [WITH_BUTTONS[channel](event, correlation, links or {})]
    return CHANNELS[channel](event, correlation)


def slack(event: Event, correlation: str, links: Mapping[str, str]) -> Posting:
    """An incoming webhook's message. Slack drops unknown fields, so the correlation id is a block's id.

    A button with a URL needs no app that listens. Source: Slack, Block Kit, button element.
    """
    told = message.compose(event)
    header = f"{SIGNS[told.result]} {told.title}"[:SLACK_HEADER]
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": header, "emoji": True}},
        *([_section(told.why)] if told.why else []),
        *([{"type": "actions", "elements": [_slack_button(*one) for one in links.items()]}] if links else []),
        {"type": "context", "block_id": correlation, "elements": [_mrkdwn(_footer(told))]},
    ]
    return Posting(correlation=correlation, body={"text": _escaped(told.text)[:SLACK_TEXT], "blocks": blocks})


def teams(event: Event, correlation: str, links: Mapping[str, str]) -> Posting:
    """A message with an Adaptive Card, as a Teams workflow's webhook takes it.

    Source: Adaptive Cards, Action.OpenUrl.
    """
    told = message.compose(event)
    title = {"type": "TextBlock", "text": f"{SIGNS[told.result]} {told.title}", "size": "Medium", "weight": "Bolder"}
    lines = [told.why, _footer(told)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {**title, "id": correlation, "wrap": True, "color": COLOURS[told.result]},
            *({"type": "TextBlock", "text": line, "wrap": True} for line in lines if line),
        ],
        **({"actions": [_teams_button(*one) for one in links.items()]} if links else {}),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return Posting(correlation=correlation, body={"type": "message", "attachments": [attachment]})


def webhook(event: Event, correlation: str) -> Sequence[Posting]:
    """The event as structured CloudEvent, with the message in words beside it."""
    told = message.compose(event)
    words = {"title": told.title, "result": told.result, "why": told.why, "next_step": told.next_step}
    return [
        Posting(correlation=correlation, body={"correlation_id": correlation, **words, "event": events.to_dict(event)})
    ]


def cdevent(event: Event, correlation: str) -> Sequence[Posting]:
    """CDEvents in the CloudEvents HTTP binding, binary mode. The correlation id of each is made from its own id."""
    return [
        Posting(
            correlation=events.derived_id(correlation, body["context"]["type"]),
            body=body,
            headers=cdevents.headers(body),
        )
        for body in cdevents.translate(event)
    ]


CHANNELS: Mapping[str, Callable[[Event, str], Sequence[Posting]]] = {"webhook": webhook, "cdevents": cdevent}
WITH_BUTTONS: Mapping[str, Callable[[Event, str, Mapping[str, str]], Posting]] = {"slack": slack, "teams": teams}
"""Chats, in which a person may answer."""
BUTTONS: Mapping[str, tuple[str, str, str]] = {
    Result.PASS: ("Approve", "primary", "positive"),
    Result.FAIL: ("Decline", "danger", "destructive"),
}
"""Verdict to the text of its button, and how Slack and Teams call its look."""


def _slack_button(verdict: str, url: str) -> Mapping[str, Any]:
    text, style, _ = BUTTONS[verdict]
    plain = {"type": "plain_text", "text": text}
    return {"type": "button", "text": plain, "url": url, "style": style, "action_id": f"answer-{verdict}"}


def _teams_button(verdict: str, url: str) -> Mapping[str, Any]:
    text, _, style = BUTTONS[verdict]
    return {"type": "Action.OpenUrl", "title": text, "url": url, "style": style}


def _footer(told: Message) -> str:
    return " · ".join(part for part in (told.where, told.result, told.next_step) if part)


def _section(text: str) -> Mapping[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Mapping[str, str]:
    return {"type": "mrkdwn", "text": _escaped(text)[:SLACK_TEXT]}


def _escaped(text: str) -> str:
    """Source: Slack, formatting text, escaping."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
