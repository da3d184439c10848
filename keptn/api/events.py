"""Any valid CloudEvent in, and the audit log out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keptn import events
from keptn.api import known, ownership
from keptn.api.call import SOURCE, Call
from keptn.api.posting import posted
from keptn.context import Context
from keptn.errors import Unknown
from keptn.events import Event, Phase
from keptn.projects import artifacts
from keptn.projects.artifacts import Artifact, Owner
from keptn.records import audit
from keptn.records.audit import EventFilter, EventPage
from keptn.web import Answer, HttpError, Request, json_answer


def post(call: Call) -> Answer:
    """Post one event: binary, structured, or keptn's JSON without specversion, id or source."""
    event = _complete(_received(call.request))
    _check(event, call.ctx)
    return posted(_resolved(event, call.ctx), call.ctx)


def find(call: Call) -> Answer:
    """Events of one context (oldest first), or of a project (newest first, by type, stage, service)."""
    wanted = EventFilter(type=call.query("type"), stage=call.query("stage"), service=call.query("service"))
    if context := call.query("keptnContext"):
        page = audit.of_context(call.ctx.store, context, limit=call.page_size, token=call.page_token)
        return _page(replace(page, events=[event for event in page.events if wanted.fits(event)]))
    if not (project := call.query("project")):
        raise HttpError("say which events: ?keptnContext=… or ?project=…", status=400)
    known.project(project, call.ctx)
    return _page(audit.newest(call.ctx.store, project, wanted=wanted, limit=call.page_size, token=call.page_token))


def show(call: Call) -> Answer:
    """One event of a context, by its id."""
    event_id, context = call.path["event_id"], call.query("keptnContext")
    if not context:
        raise HttpError("say which delivery the event belongs to: ?keptnContext=…", status=400)
    if found := audit.by_id(call.ctx.store, context, event_id):
        return json_answer(events.to_dict(found))
    raise Unknown(f"there is no event {event_id!r} of context {context!r} in the audit log; it may not be recorded yet")


def _page(page: EventPage) -> Answer:
    return json_answer({"events": [events.to_dict(event) for event in page.events], "nextPageKey": page.next_token})


def _received(request: Request) -> Event:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "ce-id" in request.headers or "ce-type" in request.headers:
        return events.decode(request.headers, request.body)
    if media_type == "application/cloudevents-batch+json":
        raise HttpError("a batch is not taken; post one event at a time", status=400)
    return events.from_dict(_filled(request.json()))


def _filled(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """What keptn's clients leave out: they send type, data and at most a source."""
    given = {key: value for key, value in attributes.items() if value not in (None, "")}
    return {"id": str(uuid.uuid4()), "source": SOURCE, "data": {}, **given, "specversion": "1.0"}


def _complete(event: Event) -> Event:
    """With a context: an event of ours without one starts its own."""
    if event.context or not event.type.startswith(events.PREFIX):
        return event
    return replace(event, context=events.derived_id(event.id, "context"))


def _check(event: Event, ctx: Context) -> None:
    """What would only end as errored is told at once: a timer, an unknown project, stage or service."""
    if event.type.startswith(events.TIMER_PREFIX):
        raise HttpError(f"{event.type} is an internal event of the clock; it is not taken from outside", status=400)
    parts = events.parse_type(event.type)
    if event.type.startswith(events.PREFIX) and parts is None:
        forms = "sh.keptn.event.<task>.<phase> or sh.keptn.event.<stage>.<sequence>.<phase>"
        phases = ", ".join(Phase)
        raise HttpError(f"the type {event.type!r} must be {forms}; phases: {phases}", status=400)
    if parts and parts.stage not in ("", *events.RESERVED_STAGES):
        _check_scope(event, parts.stage, ctx)


def _check_scope(event: Event, stage: str, ctx: Context) -> None:
    scope = event.scope
    missing = [name for name in ("project", "service") if not getattr(scope, name)]
    if missing:
        raise HttpError(f"the event's data lacks {' and '.join(missing)}", status=400)
    if scope.stage not in ("", stage):
        raise HttpError(f"the type says stage {stage!r}, the data say {scope.stage!r}; make them agree", status=400)
    known.exact_stage(scope.project, stage, ctx)
    known.service(scope.project, scope.service, ctx)


def _resolved(event: Event, ctx: Context) -> Event:
    """A delivery whose image has no digest yet gets it now: the digest is what travels."""
    parts = events.parse_type(event.type)
    if parts is None or parts.phase is not Phase.TRIGGERED or not parts.stage:
        return event
    data: dict[str, Any] = {**event.data, "stage": parts.stage}
    image = _image(data)
    known_artifact = data.get("artifact")
    if image and not (isinstance(known_artifact, dict) and known_artifact.get("digest")):
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
    change = data.get("configurationChange")
    values = change.get("values") if isinstance(change, dict) else None
    return str(values.get("image") or "") if isinstance(values, dict) else ""
