"""What a person starts: the delivery of an image, the evaluation of what runs, any other sequence of a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from keptn import events
from keptn.api import known, ownership
from keptn.api.call import Call
from keptn.api.posting import new_event, posted
from keptn.errors import KeptnError
from keptn.events import Phase, Scope
from keptn.projects import artifacts, platforms, stages
from keptn.projects.artifacts import Artifact, Owner
from keptn.quality.hold import Properties
from keptn.quality.window import check_past
from keptn.web import Answer, HttpError


def delivery(call: Call) -> Answer:
    """Start the delivery of `image` (with `tag`, or `repository:tag`) in `stage` (default: the first)."""
    repository, tag = _image(call)
    owner = ownership.owner(
        repository=repository,
        project=call.optional("project"),
        service=call.optional("service"),
        ctx=call.ctx,
        sees=call.sees,
    )
    repository = ownership.onboarded_repository(owner, repository, call.ctx)
    artifact = Artifact(repository=repository, tag=tag, digest=call.ctx.registry.digest(f"{repository}:{tag}"))
    event = new_event(
        events.sequence_type(_stage(call, owner), _sequence(call, owner), Phase.TRIGGERED),
        {**_scoped(_scope(call, owner), call), **_changed(artifact, call), **call.force},
        call,
    )
    return posted(event, call.ctx, warnings=_warnings(artifact, owner, call))


def evaluation(call: Call) -> Answer:
    """Evaluate what runs over `timeframe`, or from `start` to `end`."""
    project = known.project(call.path["project"], call.ctx)
    stage = known.stage(project, call.path["stage"], call.ctx)
    service = known.service_in(project, stage, call.path["service"], call.ctx)
    data = {**_scoped(Scope(project=project, stage=stage, service=service), call), **_window(call)}
    return posted(new_event(events.sequence_type(stage, "evaluation", Phase.TRIGGERED), data, call), call.ctx)


def sequence(call: Call) -> Answer:
    """Start any sequence of a stage, with the `data` given. Raises Refused for a window that no evaluation can have."""
    project = known.project(call.path["project"], call.ctx)
    stage = known.stage(project, call.path["stage"], call.ctx)
    service = known.service_in(project, stage, call.path["service"], call.ctx)
    name = known.sequence(project, stage, call.path["sequence"], call.ctx)
    given = call.body.get("data") or {}
    if not isinstance(given, dict):
        raise HttpError("'data' must be an object", status=400)
    if isinstance(own := given.get("evaluation"), dict):
        Properties(own)  # else its gate would refuse it, once all before it is done
    if name == "rollback":  # it pins the stage, in somebody's name
        asked = given.get("rollback")
        given = {**given, "rollback": {**(asked if isinstance(asked, dict) else {}), "by": call.by}}
    data = {**given, **_scoped(Scope(project=project, stage=stage, service=service), call)}
    return posted(new_event(events.sequence_type(stage, name, Phase.TRIGGERED), data, call), call.ctx)


def _warnings(artifact: Artifact, owner: Owner, call: Call) -> Sequence[str]:
    """Rules are for pushes, a person may deliver any image; but hears what it lacks, for its pods may not start."""
    wanted = artifacts.rules(call.ctx.store, artifact.repository, owner).platforms
    if not wanted:
        return ()
    try:
        why = platforms.why_not(wanted, call.ctx.registry.platforms(f"{artifact.image}@{artifact.digest}"))
    except KeptnError as unsaid:
        why = f"nobody knows the image's platforms: {unsaid}"
    return [f"{why}; it is delivered all the same, as you asked for it"] if why else ()


def _changed(artifact: Artifact, call: Call) -> Mapping[str, object]:
    """The artifact, and beside its image the `values` that executors of a team's own read."""
    image = {"image": artifact.image}
    return {**artifacts.described(artifact), "configurationChange": {"values": {**call.mapping("values"), **image}}}


def _image(call: Call) -> tuple[str, str]:
    image, tag = call.text("image"), call.optional("tag")
    return artifacts.parse_image(f"{image}:{tag}" if tag else image)


def _stage(call: Call, owner: Owner) -> str:
    there = known.stage_names(owner.project, call.ctx)
    given = call.optional("stage")
    return stages.named(there, given, project=owner.project) if given else there[0]


def _sequence(call: Call, owner: Owner) -> str:
    given = call.optional("sequence")
    return known.sequence(owner.project, _stage(call, owner), given, call.ctx) if given else "delivery"


def _scope(call: Call, owner: Owner) -> Scope:
    stage = _stage(call, owner)
    service = known.service_in(owner.project, stage, owner.service, call.ctx)
    return Scope(project=owner.project, stage=stage, service=service)


def _scoped(scope: Scope, call: Call) -> dict[str, object]:
    labels = dict(call.mapping("labels"))
    slot = {"project": scope.project, "stage": scope.stage, "service": scope.service}
    return {**slot, **({"labels": labels} if labels else {})}


def _window(call: Call) -> Mapping[str, object]:
    """A timeframe back from now; or from `start`, to `end` or as long as `timeframe`. Raises HttpError 400, Refused."""
    start, end, timeframe = call.optional("start"), call.optional("end"), call.optional("timeframe")
    length = Properties({"timeframe": timeframe}).timeframe
    if not (start or end):
        return {"evaluation": {"timeframe": timeframe} if timeframe else {}}
    if not start or bool(end) == bool(timeframe):
        raise HttpError("say 'timeframe', 'start' and 'end', or 'start' and 'timeframe'", status=400)
    begin = _time("start", start)
    now = call.ctx.clock.now()
    if timeframe:
        check_past(begin, begin, now=now)
    over = _time("end", end) if end else begin + length
    if begin >= over:
        raise HttpError("'start' must be before 'end'", status=400)
    check_past(begin, over, now=now)
    window = {"start": events.rfc3339(begin), "end": events.rfc3339(over)}
    return {"evaluation": dict(window), "test": window}


def _time(name: str, text: str) -> datetime:
    try:
        return events.utc(text)
    except ValueError as exc:
        raise HttpError(f"{name!r} {text!r} must be an RFC 3339 time, as 2026-11-24T12:00:00Z", status=400) from exc
