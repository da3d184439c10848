"""keptn's events in the words of CDEvents 0.5.1. Pure: one event in, the CDEvents that say the same out.

| here | there |
|---|---|
| `<stage>.<sequence>.triggered`, `.finished` | pipelinerun queued, finished |
| `<first stage>.delivery.triggered` of a registry | artifact published |
| `<stage>.remediation.triggered`, `.finished` with pass | incident detected, resolved |
| `approval.triggered` | taskrun started |
| any `<task>.finished` | taskrun finished |
| `test.finished`, `evaluation.finished` | testsuiterun finished |
| `deployment.finished` | service deployed (first version), upgraded |
| `release.finished` | service published |
| `rollback`, `action` (that rolled back) `.finished` | service rolledback (removed: no version is left) |
| `project.create.finished` | repository created |
| `service.create.finished` | custom: keptn-service onboarded |

What CDEvents has no field for (results, scores, problems) is in `customData`, as keptn's own data. One delivery is one
`chainId`. Source: CDEvents 0.5.1, spec.md and cloudevents-binding.md.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keptn import events
from keptn.events import Event, Phase, Result, Status, TypeParts, derived_id, parse_type
from keptn.notification.message import artifact, problem

VERSION = "0.5.1"
TYPES: Mapping[str, str] = {
    name: f"dev.cdevents.{name}.0.3.0"
    for name in (
        "artifact.published",
        "incident.detected",
        "incident.resolved",
        "pipelinerun.queued",
        "pipelinerun.finished",
        "repository.created",
        "service.deployed",
        "service.upgraded",
        "service.published",
        "service.rolledback",
        "service.removed",
        "taskrun.started",
        "taskrun.finished",
        "testsuiterun.finished",
    )
} | {"service.onboarded": "dev.cdeventsx.keptn-service.onboarded.0.1.0"}
TEST_SUITES = ("test", "evaluation")

Parts = tuple[str, str, Mapping[str, Any]]
"""Key in `TYPES`, subject id, subject content."""


def translate(event: Event) -> Sequence[Mapping[str, Any]]:
    """The CDEvents for an event; none if there is no word for it."""
    parts = parse_type(event.type)
    if parts is None:
        return []
    found = _administration(event, parts) if parts.stage in events.RESERVED_STAGES else _delivery(event, parts)
    return [_cdevent(event, *each) for each in found]


def headers(cdevent: Mapping[str, Any]) -> Mapping[str, str]:
    """CloudEvents attributes in binary mode; the subject is mandatory. Source: CDEvents, cloudevents-binding.md."""
    context, subject = cdevent["context"], cdevent["subject"]
    return {
        "ce-specversion": "1.0",
        "ce-id": context["id"],
        "ce-source": context["source"],
        "ce-type": context["type"],
        "ce-subject": urllib.parse.quote(subject["id"], safe="/:@?=&%+"),
        "ce-time": context["timestamp"],
    }


def purl(image: str, digest: str) -> str:
    """`pkg:oci/carts@sha256%3A…`. Source: package-url specification, type oci."""
    name, _, tag = image.rpartition("/")[2].partition(":")
    qualifiers = {"repository_url": image.partition("@")[0].removesuffix(f":{tag}"), "tag": tag}
    name = f"{name.lower()}@{urllib.parse.quote(digest, safe='')}" if digest else name.lower()
    query = urllib.parse.urlencode({key: value for key, value in qualifiers.items() if value}, safe="/:")
    return f"pkg:oci/{name}?{query}" if query else f"pkg:oci/{name}"


def _delivery(event: Event, parts: TypeParts) -> Iterator[Parts]:
    if parts.stage:
        yield from _sequence(event, parts)
    else:
        yield from _task(event, parts)


def _sequence(event: Event, parts: TypeParts) -> Iterator[Parts]:
    name = {"pipelineName": f"{parts.stage}.{parts.name}"}
    if parts.phase is Phase.TRIGGERED:
        published = event.data.get("artifact") or {}
        if published.get("registry_event") and not event.triggered_id:
            yield "artifact.published", _artifact_id(event), {}
        if parts.name == "remediation":
            yield "incident.detected", _problem_id(event), _incident(event)
        yield "pipelinerun.queued", event.id, name
    elif parts.phase is Phase.FINISHED:
        yield "pipelinerun.finished", _run_id(event), {**name, **_outcome(event)}
        if parts.name == "remediation" and event.result == Result.PASS:
            yield "incident.resolved", _problem_id(event), _incident(event)


def _task(event: Event, parts: TypeParts) -> Iterator[Parts]:
    name, run = {"taskName": parts.name}, _run_id(event)
    if parts.phase is Phase.TRIGGERED and _begins_aloud(parts):
        yield "taskrun.started", run, name
    elif parts.phase is Phase.FINISHED:
        yield "taskrun.finished", run, {**name, **_outcome(event)}
        if parts.name in TEST_SUITES:
            suite = {"environment": _environment(event), "testSuite": {"id": parts.name, "name": parts.name}}
            reason = {"reason": event.message} if event.message else {}
            yield "testsuiterun.finished", run, {**suite, "outcome": outcome(event), **reason}
        yield from _service(event, parts.name)


def _service(event: Event, task: str) -> Iterator[Parts]:
    """What the task did to the service, if it did."""
    own: Mapping[str, Any] = event.data.get(task) or {}
    if event.status == Status.ERRORED or "live" not in own:
        return
    environment, live = {"environment": _environment(event)}, own.get("live") or {}
    if task == "deployment" and event.result != Result.FAIL:
        new = own.get("candidate") or live
        first = not live or live.get("digest") == new.get("digest")
        yield "service.deployed" if first else "service.upgraded", str(event.scope), {**environment, **_artifact(new)}
    elif task == "release" and event.result != Result.FAIL:
        yield "service.published", str(event.scope), environment
    elif task in ("rollback", "action"):
        if live:
            yield "service.rolledback", str(event.scope), {**environment, **_artifact(live)}
        else:
            yield "service.removed", str(event.scope), environment


def _administration(event: Event, parts: TypeParts) -> Iterator[Parts]:
    if parts.phase is not Phase.FINISHED or event.result == Result.FAIL:
        return
    scope = event.scope
    if (parts.stage, parts.name) == ("project", "create"):
        yield "repository.created", scope.project, {"name": scope.project, "uri": f"urn:keptn:project:{scope.project}"}
    elif (parts.stage, parts.name) == ("service", "create"):
        yield "service.onboarded", f"{scope.project}/{scope.service}", {"project": scope.project}


def outcome(event: Event) -> str:
    """CDEvents' outcome: success, failure, cancel or error. A warning is a success."""
    if event.status in (Status.ERRORED, Status.UNKNOWN):
        return "error"
    if event.status == Status.ABORTED:
        return "cancel"
    return "failure" if event.result == Result.FAIL else "success"


def _outcome(event: Event) -> Mapping[str, str]:
    what = outcome(event)
    return {"outcome": what, **({"errors": event.message} if what != "success" and event.message else {})}


def _cdevent(event: Event, key: str, subject_id: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    context: dict[str, Any] = {
        "specversion": VERSION,
        "id": derived_id(event.id, TYPES[key], subject_id),
        "source": urllib.parse.quote(event.source, safe="/:"),
        "type": TYPES[key],
        "timestamp": events.rfc3339(event.time),
    }
    if event.context:
        context["chainId"] = event.context
    if event.triggered_id and (parts := parse_type(event.type)) and _begins_aloud(parts):
        context["links"] = [{"linkType": "PATH", "from": {"contextId": _beginning(event)}}]
    subject = {"id": subject_id, "source": context["source"], "content": dict(content)}
    return {"context": context, "subject": subject, "customData": _custom_data(event)}


def _custom_data(event: Event) -> Mapping[str, Any]:
    return {"keptn": {"type": event.type, "id": event.id, "data": dict(event.data)}}


def _beginning(event: Event) -> str:
    """The id of the CDEvent that was sent when the task or sequence began."""
    parts = parse_type(event.type)
    key = "pipelinerun.queued" if parts and parts.stage else "taskrun.started"
    return derived_id(event.triggered_id, TYPES[key], event.triggered_id)


def _begins_aloud(parts: TypeParts) -> bool:
    """Whether `notify` hears the beginning: of sequences, and of what waits for a person."""
    return bool(parts.stage) or parts.name == "approval"


def _run_id(event: Event) -> str:
    return event.triggered_id or event.id


def _problem_id(event: Event) -> str:
    described = event.data.get("problem") or {}
    return str(described.get("PID") or event.context or event.id)


def _incident(event: Event) -> Mapping[str, Any]:
    return {
        "description": problem(event),
        "environment": _environment(event),
        "service": {"id": str(event.scope)},
    }


def _environment(event: Event) -> Mapping[str, str]:
    return {"id": f"{event.scope.project}-{event.scope.stage}"}


def _artifact_id(event: Event) -> str:
    described = event.data.get("artifact") or {}
    return purl(str(described.get("image") or artifact(event)), str(described.get("digest") or ""))


def _artifact(version: Mapping[str, Any]) -> Mapping[str, str]:
    return {"artifactId": purl(str(version.get("image") or ""), str(version.get("digest") or ""))}
