"""Any valid CloudEvent in, and the audit log out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from keptn import durations, events, names
from keptn.api import edge, known, ownership, posting, signed
from keptn.api.call import Call
from keptn.context import Context
from keptn.errors import Unknown
from keptn.events import Event, Phase
from keptn.projects import artifacts
from keptn.projects.artifacts import Artifact, Owner
from keptn.quality.hold import Properties
from keptn.records import audit, deliveries, objects, slots
from keptn.records.audit import EventFilter, EventPage
from keptn.sequence.limits import LARGEST_DATA
from keptn.web import Answer, HttpError, json_answer, size


def post(call: Call) -> Answer:
    """Post one event: binary, structured, or keptn's JSON without specversion, id or source.

    One whose sequence was let in before (same source, same id) is not posted again: the answer says when it was taken.
    """
    event = edge.taken(call.request, by=call.by, now=call.ctx.clock.now())
    _check(event, call.ctx)
    if taken_at := _taken_at(event, call.ctx):
        return posting.described(event, status=200, takenAt=taken_at)
    if unheard := _unheard(event, call.ctx):
        call.ctx.sink.post(event)
        return posting.described(event, status=202, unheard=unheard)
    return posting.posted(_resolved(_signed(event, call), call.ctx), call.ctx)


def find(call: Call) -> Answer:
    """Events of one context (oldest first), or of a project (newest first, by type, stage, service, person)."""
    parts = {name: call.query(name) for name in ("type", "stage", "service", "by")}
    wanted = EventFilter(**parts, project=call.principal.project)
    store, limit, token = call.ctx.store, call.page_size, call.page_token
    if context := call.query("keptnContext"):
        page = audit.of_context(store, context, wanted=wanted, limit=limit, token=token)
        if not page.events and not audit.of_context(store, context, limit=1).events:
            raise Unknown(f"there is no event with the keptn context {context!r} (yet); see keptn get delivery")
        return _page(page, call)
    if not (project := call.query("project")):
        raise HttpError("say which events: ?keptnContext=… or ?project=…", status=400)
    known.project(project, call.ctx)
    page = audit.newest(store, project, wanted=wanted, limit=limit, token=token)
    if not (page.events or page.next_token):
        _check_names(project, wanted, call.ctx)
    return _page(page, call)


def _check_names(project: str, wanted: EventFilter, ctx: Context) -> None:
    """Nothing was found: because there is no such stage or service? Raises Unknown."""
    if wanted.stage:
        known.exact_stage(project, wanted.stage, ctx)
    if wanted.service:
        known.service(project, wanted.service, ctx)


def show(call: Call) -> Answer:
    """One event of a context, by its id."""
    event_id, context = call.path["event_id"], call.query("keptnContext")
    if not context:
        raise HttpError("say which delivery the event belongs to: ?keptnContext=…", status=400)
    if found := audit.by_id(call.ctx.store, context, event_id):
        return json_answer(call.shown(events.to_dict(found)))
    raise Unknown(f"there is no event {event_id!r} of context {context!r} in the audit log; it may not be recorded yet")


def _page(page: EventPage, call: Call) -> Answer:
    shown = [call.shown(events.to_dict(event)) for event in page.events]
    return json_answer({"events": shown, "nextPageKey": page.next_token})


def _check(event: Event, ctx: Context) -> None:
    """What would only end as errored is told at once: what is unknown, too much, or no digest and no window."""
    parts = events.parse_type(event.type)
    if parts and parts.stage:
        _check_scope(event, parts.stage, ctx)
        known.sequence(event.scope.project, parts.stage, parts.name, ctx)
        for section in ("artifact", "problem"):
            _check_digest(events.section(event.data, section).get("digest"))
        Properties(events.section(event.data, "evaluation"))
        if (size_bytes := len(json.dumps(dict(event.data)))) > LARGEST_DATA:
            sentence = f"a sequence takes at most {size(LARGEST_DATA)} of data, not {size(size_bytes)}; send references"
            raise HttpError(sentence, status=413)


def _check_digest(digest: object) -> None:
    """One that is named must be one; none may be. Raises Refused."""
    if digest not in (None, ""):
        names.check_digest(digest)


def _check_scope(event: Event, stage: str, ctx: Context) -> None:
    scope = event.scope
    missing = [name for name in ("project", "service") if not getattr(scope, name)]
    if missing:
        raise HttpError(f"the event's data lacks {' and '.join(missing)}", status=400)
    if scope.stage not in ("", stage):
        raise HttpError(f"the type says stage {stage!r}, the data say {scope.stage!r}; make them agree", status=400)
    known.exact_stage(scope.project, stage, ctx)
    known.service_in(scope.project, stage, scope.service, ctx)


def _taken_at(event: Event, ctx: Context) -> str:
    """When the sequence that the event triggers was let in before; empty if it was not (yet)."""
    parts = events.parse_type(event.type)
    if parts is None or not parts.stage:
        return ""
    place = {"stage": parts.stage, "sequence": parts.name, "execution_id": event.id}
    document = deliveries.read(ctx.store, objects.execution(event.context, **place))
    return str(document["triggered_at"]) if document else ""


def _unheard(event: Event, ctx: Context) -> str:
    """Why an answer changes nothing: it is recorded, and that is all. Empty for any other event."""
    parts = events.parse_type(event.type)
    if parts is None or parts.stage:
        return ""
    tasks = {task["id"]: task for found in deliveries.documents(ctx.store, event.context) for task in found["tasks"]}
    if task := tasks.get(event.triggered_id):
        ended = durations.moment(task["finished_at"])
        return f"its task {parts.name} is over since {ended}: nothing is changed" if ended else ""
    slot = slots.read(ctx.store, event.scope) if all(asdict(event.scope).values()) else None
    if slot and event.triggered_id in slot.tasks:
        return ""
    return f"no task waits for it: there is none with the id {event.triggered_id!r} (its triggeredid) in this delivery"


def _signed(event: Event, call: Call) -> Event:
    """Where keptn records who decided, it is the token that is signed in, whomever the sender names."""
    parts = events.parse_type(event.type)
    data = dict(event.data)
    if parts and parts.stage and data.get("force"):
        data["force"] = signed.force(data["force"], call.by)
    for section in ("rollback", "approval"):
        if found := events.section(data, section):
            data[section] = signed.decision(found, call.by)
    return events.with_data(event, data)


def _resolved(event: Event, ctx: Context) -> Event:
    """A delivery whose image has no digest yet gets it now: the digest is what travels."""
    parts = events.parse_type(event.type)
    if parts is None or parts.phase is not Phase.TRIGGERED or not parts.stage:
        return event
    data: dict[str, Any] = {**event.data, "stage": parts.stage}
    image = _image(data)
    if image and not events.section(data, "artifact").get("digest"):
        repository, tag = artifacts.parse_image(image)
        scope = event.scope
        repository = ownership.onboarded_repository(
            Owner(project=scope.project, service=scope.service), repository, ctx
        )
        artifact = Artifact(repository=repository, tag=tag, digest=ctx.registry.digest(f"{repository}:{tag}"))
        data["artifact"] = artifacts.described(artifact)["artifact"]
        change = data["configurationChange"]
        data["configurationChange"] = {**change, "values": {**change["values"], "image": artifact.image}}
    return events.with_data(event, data)


def _image(data: Mapping[str, Any]) -> str:
    return str(events.section(events.section(data, "configurationChange"), "values").get("image") or "")
