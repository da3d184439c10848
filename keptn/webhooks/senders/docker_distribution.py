"""Docker Distribution's notifications, 2.x and 3.x (media types `…events.v1+json` and `…events.v2+json`).

One request carries several events that need not belong together; layers (blobs) are pushed as well as manifests.
Source: distribution/distribution, notifications/event.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.webhooks.senders.registries import IS_SIGNATURE, NO_TAG, Ignored, Push, is_signature, time_of

_MANIFESTS = (".manifest.v1+json", ".manifest.v2+json", ".manifest.list.v2+json", ".index.v1+json", "+prettyjws")
"""Endings of the media types that name an image: OCI's and Docker's, single and multi-platform."""
SETUP = {
    "Where": "config.yml, notifications.endpoints",
    "name": "keptn",
    "url": "{url}",
    "headers": "{Authorization: [Bearer {token}]}",
    "timeout": "5s",
    "ignoredmediatypes": "[application/octet-stream], as layers start nothing",
}


def recognises(body: Mapping[str, Any], _headers: Mapping[str, str]) -> bool:
    return isinstance(body.get("events"), list)


def read(body: Mapping[str, Any], _headers: Mapping[str, str]) -> Sequence[Push | Ignored]:
    return [_entry(event) for event in body["events"]]


def _entry(event: object) -> Push | Ignored:
    if not isinstance(event, dict):
        return Ignored(what=repr(event)[:80], why="an event must be a JSON object")
    target, request = _object(event, "target"), _object(event, "request")
    push = Push(
        event_id=str(event.get("id") or ""),
        host=str(request.get("host") or ""),
        repository=str(target.get("repository") or ""),
        tag=str(target.get("tag") or ""),
        digest=str(target.get("digest") or ""),
        sent_at=time_of(event.get("timestamp")),
    )
    if why := _why_not(str(event.get("action") or ""), str(target.get("mediaType") or ""), push):
        return Ignored(what=push.repository + (f":{push.tag}" if push.tag else ""), why=why)
    return push


def _why_not(action: str, media_type: str, push: Push) -> str:
    if action != "push":
        return f"the action is {action!r}, not 'push'"
    if not media_type:
        return "it has no media type: nothing says whether it is an image"
    if not media_type.endswith(_MANIFESTS):
        return f"{media_type} is a layer, not an image"
    if not push.tag:
        return NO_TAG
    if is_signature(push.tag):
        return IS_SIGNATURE
    return "" if push.repository and push.event_id else "it lacks a repository or an id"


def _object(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = event.get(key)
    return value if isinstance(value, dict) else {}
