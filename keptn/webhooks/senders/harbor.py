"""Harbor 2, both of its payload formats: its own (Default), and CloudEvents since 2.8.

Default: `{"type": "PUSH_ARTIFACT", "occur_at", "event_data": {"resources": [{"digest", "tag", "resource_url"}],
"repository": {"repo_full_name"}}}`; CloudEvents: type `harbor.artifact.pushed`, the same `event_data` as data. A push
without tag, and so each part of a multi-platform image, has its digest as the tag. The default format has no id; who
sends it again sends the same.
Source: Harbor, "Configure Webhook Notifications"; goharbor/harbor, src/pkg/notifier/formats,
src/controller/event/handler/webhook/artifact/artifact.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.webhooks.senders import cloud_event
from keptn.webhooks.senders.registries import Ignored, Notification, Push, id_of, text, time_of, why_no_image, within

_PUSHES = ("PUSH_ARTIFACT", "harbor.artifact.pushed")
SETUP = {
    "Where": "the project in Harbor → Webhooks → New Webhook",
    "Name": "keptn",
    "Notify Type": "http",
    "Payload Format": "CloudEvents, or Default",
    "Event Type": "Artifact pushed, and no other",
    "Endpoint URL": "{url}",
    "Auth Header": "Bearer {token}",
    "Verify Remote Certificate": "on",
}


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    attributes, _ = cloud_event.parts(body, headers)
    return attributes.get("type", "").startswith("harbor.") or (
        isinstance(body.get("type"), str) and isinstance(body.get("event_data"), dict)
    )


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification:
    attributes, data = cloud_event.parts(body, headers)
    if attributes:
        kind, event_id, sent = attributes.get("type", ""), attributes.get("id", ""), attributes.get("time")
    else:
        kind, event_id, sent, data = text(body.get("type")), "", body.get("occur_at"), within(body, "event_data")
    repository = text(within(data, "repository").get("repo_full_name"))
    if kind not in _PUSHES:
        return [Ignored(what=repository or "a notification", why=f"the type is {kind!r}, not {_PUSHES[0]!r}")]
    resources, event_id = data.get("resources"), event_id or id_of(body)
    return [
        _entry(resource, repository, event_id, time_of(sent))
        for resource in (resources if isinstance(resources, list) and resources else [None])
    ]


def _entry(resource: object, repository: str, event_id: str, sent_at: str) -> Push | Ignored:
    tag, digest = text(within(resource).get("tag")), text(within(resource).get("digest"))
    tag = "" if ":" in tag else tag  # a digest stands there for a push without tag
    url = text(within(resource).get("resource_url"))
    if why := why_no_image(repository, tag):
        return Ignored(what=url or repository or "a resource", why=why)
    host, _, _ = url.partition(f"/{repository}")
    return Push(
        event_id=event_id,
        host=host if host != url else "",
        repository=repository,
        tag=tag,
        digest=digest,
        sent_at=sent_at,
    )
