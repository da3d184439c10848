"""Posting the event that starts something, and the answer that lets its sender follow it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from keptn import events
from keptn.api.call import SOURCE, Call
from keptn.context import Context
from keptn.events import Event
from keptn.web import Answer, json_answer


def new_event(event_type: str, data: Mapping[str, object], call: Call, *, context: str = "") -> Event:
    """A first event, with a new context if none is given. Its id is random: a call made twice means two things."""
    event_id, now = str(uuid.uuid4()), call.ctx.clock.now()
    return Event(
        type=event_type,
        id=event_id,
        source=SOURCE,
        time=now,
        root_time=now,
        context=context or events.derived_id(event_id, "context"),
        data=data,
        extensions={"keptnby": call.by},
    )


def posted(event: Event, ctx: Context, *, warnings: Sequence[str] = ()) -> Answer:
    """Hand the event to the Broker; 202 with its context, id and slot, and warnings if any. Raises Unavailable."""
    ctx.sink.post(event)
    return described(event, status=202, **({"warnings": warnings} if warnings else {}))


def described(event: Event, *, status: int, **more: object) -> Answer:
    """The event by its context, id, type and slot."""
    scope = {key: event.data[key] for key in ("project", "stage", "service") if event.data.get(key)}
    shown = {"keptnContext": event.context, "id": event.id, "type": event.type, **scope, **more}
    return json_answer(shown, status=status)
