"""What could not be delivered: kept with the reason, listed, and sent again by a person.

Written by `dead_letter` and, for what the Broker itself refuses, by who posted it; read by the API. A task's trigger
also ends its task, so that nobody waits for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from keptn import events
from keptn.context import Context
from keptn.errors import LostRace, Refused, Unknown
from keptn.events import Event, Phase, Result, Status, rfc3339
from keptn.ports import ObjectStore, StoredObject
from keptn.records import objects
from keptn.records.side_by_side import side_by_side

OBSERVERS = frozenset({"record", "notify"})
"""A failing audit or chat never fails a delivery."""
STARTED_BESIDE = frozenset({("evaluate", "deployment"), ("release", "evaluation")})
"""Step and the task before its own, which it hears only to be up in time: another step does the work."""

_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterPage:
    letters: Sequence[Mapping[str, Any]]
    next_token: str = ""


def take(event: Event, ctx: Context) -> None:
    """Keep what could not be delivered; end the task that waits for it: errored, with the reason.

    Posted, not replied: no Broker routes what a dead-letter sink answers.
    """
    why = reason(event)
    _keep(event, ctx, reason=why)
    task = events.unwrapped(event)
    if _is_task(task) and not _is_beside(task, step=subscriber(event)):
        name = task.type.removeprefix(events.PREFIX).removesuffix(".triggered")
        post_end(task, f"{name} could not be delivered to its function: {why}", ctx)


def keep_refused(event: Event, reason: str, ctx: Context) -> None:
    """Keep an event that the Broker refused for good, with its reason."""
    _keep(event, ctx, reason=reason)


def refuse_timer(due: Event, reason: str, ctx: Context) -> None:
    """Keep a timer's event that the Broker refused for good, and end the task that waits for it."""
    keep_refused(due, reason, ctx)
    task = events.unwrapped(due)
    if _is_task(task):
        post_end(task, f"{task.type} could not be called again: {reason}", ctx)


def post_end(task: Event, message: str, ctx: Context) -> None:
    """End a task that nobody could be given: errored, with the reason. Raises Unavailable."""
    place = {key: task.data[key] for key in ("project", "stage", "service") if key in task.data}
    end = events.finished(
        events.with_data(task, place),
        source=events.DEAD_LETTER_SOURCE,
        now=ctx.clock.now(),
        status=Status.ERRORED,
        result=Result.FAIL,
        message=message,
    )
    try:
        ctx.sink.post(end)
    except Refused as refused:
        keep_refused(end, str(refused), ctx)


def _is_task(event: Event) -> bool:
    parts = events.parse_type(event.type)
    return parts is not None and not parts.stage and parts.phase is Phase.TRIGGERED


def _is_beside(task: Event, *, step: str) -> bool:
    """Whether the step that did not take it does not work on the task."""
    name = task.type.removeprefix(events.PREFIX).removesuffix(".triggered")
    return step in OBSERVERS or (step, name) in STARTED_BESIDE


def reason(event: Event) -> str:
    """Why the Broker gave up, in words, from what it wrote into the event (Knative Eventing, `knativeerror…`)."""
    code, who = event.extensions.get("knativeerrorcode", ""), subscriber(event)
    if not code and not who:
        return "its Broker gave it up and does not say why; was a Trigger of it changed just then?"
    detail = _sentence(_text(event.extensions.get("knativeerrordata", "")))
    text = f"{who or 'the subscriber'} answered {code}" if code else f"{who} did not answer; did its pod start?"
    return f"{text} ({detail})" if detail else text


def subscriber(event: Event) -> str:
    """The step that the event could not be delivered to, as in `knative/`; empty if the Broker does not say.

    `knativeerrordest` is the subscriber's URL: a Service's (`http://<name>.<namespace>.svc.cluster.local`), a
    JobSink's (`…/<namespace>/<name>`), or, where a Broker names its own part, `…/triggers/<namespace>/<name>/…`.
    Source: Knative Eventing, delivery; pkg/broker/filter and the JobSink's status.
    """
    url = urlsplit(event.extensions.get("knativeerrordest", ""))
    host, path = (url.hostname or "").partition(".")[0], url.path.strip("/").split("/")
    if path[0] == "triggers" and len(path) > 2:
        return path[2]
    return path[-1] if host == "job-sink" else host


def _keep(event: Event, ctx: Context, *, reason: str) -> None:
    now = ctx.clock.now()
    letter = {
        "id": _letter_id(event),
        "time": rfc3339(now),
        "reason": reason,
        "subscriber": event.extensions.get("knativeerrordest", ""),
        "event": events.to_dict(event),
    }
    name = objects.dead_letter(event.time, str(letter["id"]))
    with suppress(LostRace):  # the same letter came before
        ctx.store.put(name, json.dumps(letter).encode(), if_generation=0)


def _text(encoded: str) -> str:
    """`knativeerrordata` is base64 of what the subscriber answered, cut off at 1024 bytes (Knative Eventing)."""
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except ValueError:
        return encoded


def _sentence(answer: str) -> str:
    """What our own functions say as `{"error": …}`, also where the Broker cut it off; anything else as it is."""
    for end in ("", '"}'):
        with suppress(ValueError, LookupError, TypeError):
            answer = str(json.loads(answer.rstrip("\\") + end)["error"])
            break
    return answer if len(answer) <= _LONGEST else f"{answer[:_LONGEST]}…"


def page(store: ObjectStore, *, limit: int = 20, token: str = "") -> DeadLetterPage:
    """Newest first."""
    found = store.list(objects.DEAD_LETTERS, limit=limit, token=token)
    letters = [json.loads(stored.data) for stored in side_by_side(store, store.get, found.names) if stored]
    return DeadLetterPage(letters=letters, next_token=found.next_token)


def redeliver(letter_id: str, ctx: Context) -> Event:
    """Post the event again, as it first was, and forget the letter. Raises Unknown, Unavailable."""
    stored = _stored(ctx.store, letter_id)
    event = events.from_dict(_without_errors(json.loads(stored.data)["event"]))
    ctx.sink.post(event)
    ctx.store.delete(stored.name)
    return event


def letter(store: ObjectStore, letter_id: str) -> Mapping[str, Any]:
    """One of the page, whole. letter_id: or its key, which finds it at once. Raises Unknown."""
    found: Mapping[str, Any] = json.loads(_stored(store, letter_id).data)
    return found


def project_of(letter: Mapping[str, Any]) -> str:
    """Whose event it is; empty if it is of no project."""
    return events.unwrapped(events.from_dict(letter["event"])).scope.project


def _stored(store: ObjectStore, letter_id: str) -> StoredObject:
    stored = store.get(objects.dead_letter_at(letter_id))
    if stored is None and (name := _find(store, letter_id)):
        stored = store.get(name)
    if stored is None:
        raise Unknown(f"there is no dead letter {letter_id[:80]!r}; see keptn get dead-letter")
    return stored


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
