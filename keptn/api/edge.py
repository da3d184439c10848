"""The edge: what an event from outside may be, and what it becomes before anything of ours hears it. No I/O, no clock.

`events.post` asks here. From outside come triggers of sequences, answers to tasks, `evaluation.invalidated`, and types
that are not keptn's; everything else has a route of its own or is said by keptn alone. The edge's clock counts, and an
event is known by source and id. Behind the edge nobody asks again (docs/security.md).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from keptn import events
from keptn.api import old_types
from keptn.api.call import SOURCE
from keptn.events import EVALUATION_INVALIDATED, PREFIX, Event, Phase
from keptn.web import HttpError, Request, size

OURS = "sh.keptn."
OWN_SOURCE = "keptn"
MOST_DATA_BYTES = 256 * 1024
"""Kafka takes records of 1 MB, a JobSink's Secret 1 MiB, and an event's data are in several copies there."""
MOST_ATTRIBUTE_BYTES = 1024
MOST_ATTRIBUTES = 40
"""An attribute is a header: gunicorn takes 8 KiB each, and a hundred of them."""
MOST_ID_BYTES = 200
"""Of the ids that become parts of objects' names, which have 1,024 bytes."""
_NAME = re.compile(r"[a-z0-9]{1,40}")
_IDS = frozenset({"shkeptncontext", "triggeredid", "gitcommitid"})
_STRIPPED = ("keptn", "knativeerror")
"""Beginnings of attributes that only keptn and Knative set."""
_INSTEAD = (
    (events.TIMER_PREFIX, "the clock alone rings timers"),
    (events.SLOT_ALARM, "the clock alone rings alarms"),
    (
        events.CONTROL_PREFIX,
        "use keptn pause, resume, promote, abort, rerun, pin or unpin (POST /v1/delivery/<context>/control)",
    ),
    (PREFIX, "it must be sh.keptn.event.<stage>.<sequence>.triggered, or sh.keptn.event.<task>.<phase> as an answer"),
    (OURS, "types that begin with sh.keptn. are keptn's; give an event of your own another name"),
)
"""What to do with a type that nothing from outside may have, by its beginning."""


def taken(request: Request, *, by: str, now: datetime) -> Event:
    """The event of a request: binary, structured, or keptn's JSON without specversion, id or source.

    by: who is signed in. Raises Undecodable, HttpError 400 or 413.
    """
    given = _given(request)
    event = stripped(_received(request, given))
    check(event, names_source="source" in given)
    return stamped(event, given=given, by=by, now=now)


def check(event: Event, *, names_source: bool = True) -> None:
    """Attributes, type, source and size. names_source: the sender says it. Raises HttpError 400 or 413."""
    _check_attributes({name: value for name, value in events.to_dict(event).items() if name != "data"})
    if why := _why_not(event.type):
        raise HttpError(f"{event.type} is not taken from outside: {why}", status=400)
    if names_source and event.source.lower().partition("/")[0] == OWN_SOURCE:
        sentence = f"the source {event.source!r} is keptn's own; name the system that sends it, as in ci.example/build"
        raise HttpError(sentence, status=400)
    if event.type.startswith(PREFIX) and not event.type.endswith(".triggered") and not event.triggered_id:
        raise HttpError(f"{event.type} lacks triggeredid: the id of the event that it answers", status=400)
    if (size_bytes := len(json.dumps(dict(event.data)))) > MOST_DATA_BYTES:
        told = f"the event's data are {size(size_bytes)}, more than {size(MOST_DATA_BYTES)}; send references instead"
        raise HttpError(told, status=413)


def _why_not(event_type: str) -> str:
    """Why the type is not taken, and what to use instead; empty if it is."""
    parts = events.parse_type(event_type)
    if not event_type.startswith(OURS) or event_type == EVALUATION_INVALIDATED:
        return ""
    if parts is None:
        replaced = old_types.instead(event_type)
        return replaced or next(text for prefix, text in _INSTEAD if event_type.startswith(prefix))
    if parts.stage in events.RESERVED_STAGES:
        return "use keptn create or delete, project or service (POST and DELETE /v1/project…)"
    if parts.stage and parts.phase is not Phase.TRIGGERED:
        return "how a sequence goes is keptn's own word; answer its tasks, as in sh.keptn.event.<task>.finished"
    if not parts.stage and parts.phase is Phase.TRIGGERED:
        return "a task is triggered by its sequence; start one (keptn trigger sequence)"
    return ""


def _check_attributes(attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            sentence = f"the attribute {name[:80]!r} must be at most 40 lower-case letters and digits (CloudEvents 1.0)"
            raise HttpError(sentence, status=400)
        most = MOST_ID_BYTES if name in _IDS else MOST_ATTRIBUTE_BYTES
        if (size_bytes := len(events.header_value(str(value)))) > most:
            told = f"the attribute {name} is {size(size_bytes)}, more than {size(most)}"
            raise HttpError(f"{told}; put it into data", status=413)
    if len(attributes) > MOST_ATTRIBUTES:
        raise HttpError(f"the event has {len(attributes)} attributes, more than {MOST_ATTRIBUTES}", status=413)


def stripped(event: Event) -> Event:
    """The event without the attributes that only keptn sets: fencing, hops, root time, snapshots."""
    kept = {name: value for name, value in event.extensions.items() if not name.lower().startswith(_STRIPPED)}
    return replace(event, epoch=0, hops=0, root_time=None, extensions=kept)


def stamped(event: Event, *, given: Mapping[str, object], by: str, now: datetime) -> Event:
    """The event with the edge's time and an id from source and id; what the sender said stands beside it.

    given: the attributes that the sender set. by: who is signed in.
    """
    is_ours = event.type.startswith(OURS)
    beside = {"keptnby": by}
    if given.get("time"):
        beside["keptnsendertime"] = events.rfc3339(event.time)
    if given.get("id") and is_ours:
        beside["keptnsenderid"] = event.id
    event_id = events.derived_id(event.source, event.id) if "keptnsenderid" in beside else event.id
    return replace(
        event,
        id=event_id,
        time=now,
        root_time=now if is_ours else None,
        context=event.context or (events.derived_id(event.source, event.id, "context") if is_ours else ""),
        extensions={**event.extensions, **beside},
    )


def _given(request: Request) -> Mapping[str, Any]:
    """The attributes that the sender set, and the data in JSON; what is empty counts as left out."""
    found: Mapping[str, Any]
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if _is_binary(request):
        found = {name.removeprefix("ce-"): value for name, value in request.headers.items() if name.startswith("ce-")}
    elif media_type == "application/cloudevents-batch+json":
        raise HttpError("a batch is not taken; post one event at a time", status=400)
    else:
        found = {**request.json()}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _received(request: Request, given: Mapping[str, Any]) -> Event:
    """The event, with what keptn's clients leave out: they send type, data and at most a source."""
    if _is_binary(request):
        return events.decode(request.headers, request.body)
    for name, value in given.items():
        if name != "data" and isinstance(value, Mapping | list):
            raise HttpError(f"the attribute {name[:80]!r} must be a text, not an object; put it into data", status=400)
    return events.from_dict({"id": str(uuid.uuid4()), "source": SOURCE, "data": {}, **given, "specversion": "1.0"})


def _is_binary(request: Request) -> bool:
    return "ce-id" in request.headers or "ce-type" in request.headers
