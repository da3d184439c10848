"""What could not be delivered: kept with the reason, listed, and sent again by a person.

Written by `dead_letter`, read by the API. A task's trigger also ends its task, so that nobody waits for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace, Unknown
from keptn.events import Event, Phase, Result, Status, rfc3339
from keptn.ports import ObjectStore
from keptn.records import objects


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterPage:
    letters: Sequence[Mapping[str, Any]]
    next_token: str = ""


def keep(event: Event, ctx: Context) -> None:
    """Keep the event and what Knative says about its failure (`knativeerror…`, Knative Eventing, delivery)."""
    now = ctx.clock.now()
    letter = {
        "id": _letter_id(event),
        "time": rfc3339(now),
        "reason": reason(event),
        "subscriber": event.extensions.get("knativeerrordest", ""),
        "event": events.to_dict(event),
    }
    name = objects.dead_letter(event.time, str(letter["id"]))
    with suppress(LostRace):  # the same letter came before
        ctx.store.put(name, json.dumps(letter).encode(), if_generation=0)


def end_task(event: Event, ctx: Context) -> None:
    """End the task whose trigger, or whose timer, reached nobody: errored, with the reason. Keep the event anyway.

    Posted, not replied: no Broker routes what a dead-letter sink answers.
    """
    keep(event, ctx)
    task = events.unwrapped(event)
    parts = events.parse_type(task.type)
    if parts is None or parts.stage or parts.phase is not Phase.TRIGGERED:
        return
    end = events.finished(
        task,
        source=events.DEAD_LETTER_SOURCE,
        now=ctx.clock.now(),
        status=Status.ERRORED,
        result=Result.FAIL,
        message=f"{parts.name} could not be delivered to its function: {reason(event)}",
    )
    ctx.sink.post(end)


def reason(event: Event) -> str:
    """Why Knative gave up, in words."""
    code = event.extensions.get("knativeerrorcode", "")
    detail = _text(event.extensions.get("knativeerrordata", ""))
    where = event.extensions.get("knativeerrordest", "")
    text = f"the last answer was {code}" if code else "nobody answered"
    return " ".join(
        part for part in (text, f"from {where}" if where else "", f"({detail[:200]})" if detail else "") if part
    )


def _text(encoded: str) -> str:
    """`knativeerrordata` is base64 of what the subscriber answered, cut off at 1024 bytes (Knative Eventing)."""
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except ValueError:
        return encoded


def page(store: ObjectStore, *, limit: int = 20, token: str = "") -> DeadLetterPage:
    """Newest first."""
    found = store.list(objects.DEAD_LETTERS, limit=limit, token=token)
    letters = [json.loads(stored.data) for name in found.names if (stored := store.get(name))]
    return DeadLetterPage(letters=letters, next_token=found.next_token)


def redeliver(letter_id: str, ctx: Context) -> Event:
    """Post the event again, as it first was, and forget the letter. Raises Unknown, Unavailable."""
    name = _find(ctx.store, letter_id)
    stored = ctx.store.get(name) if name else None
    if stored is None:
        raise Unknown(f"there is no dead letter {letter_id!r}; see keptn get dead-letter")
    event = events.from_dict(_without_errors(json.loads(stored.data)["event"]))
    ctx.sink.post(event)
    ctx.store.delete(stored.name)
    return event


def _without_errors(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if not key.startswith("knativeerror")}


def _find(store: ObjectStore, letter_id: str) -> str:
    token = ""
    while True:
        found = store.list(objects.DEAD_LETTERS, token=token)
        for name in found.names:
            if name.endswith(f"-{letter_id}.json"):
                return name
        token = found.next_token
        if not token:
            return ""


def _letter_id(event: Event) -> str:
    """One letter per event and subscriber."""
    return events.derived_id(event.id, event.source, event.extensions.get("knativeerrordest", ""))
