"""Google Artifact Registry, and gcr.io: Pub/Sub pushes what is published to the topic `gcr`, one message a request.

`{"action": "INSERT" | "DELETE", "digest": "HOST/PROJECT/REPOSITORY/IMAGE@sha256:…", "tag": "HOST/…/IMAGE:TAG"}`: a push
by tag, and a new tag, has both; an untagged push, and so every part of a multi-platform image, the digest; a deletion
either. The message comes in an envelope, in base64, or is the body itself with its id and time in headers. Pub/Sub
delivers at least once, in any order; the id of a message is unique within its topic, and stays through repeats.
Source: Google Cloud, Artifact Registry, "Configuring Pub/Sub notifications"; Pub/Sub, "Create push subscriptions",
"Payload unwrapping" (`--push-no-wrapper`, `--push-no-wrapper-write-metadata`).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from keptn.errors import Refused
from keptn.webhooks.senders.registries import IS_SIGNATURE, NO_TAG, Ignored, Push, is_signature, time_of

_ACTIONS = ("INSERT", "DELETE")
_ID, _TIME = "x-goog-pubsub-message-id", "x-goog-pubsub-publish-time"
_IMAGE = re.compile(
    r"([a-z0-9][a-z0-9.-]*(?::[0-9]+)?)/([a-z0-9][a-z0-9./_-]{0,254}):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})"
)
"""Host, repository, tag. Source: OCI Distribution specification, "Pulling manifests"."""
SETUP = {
    "gcloud pubsub subscriptions create": "keptn --topic=gcr, in the registry's project",
    "--push-endpoint": "{url}",
    "--push-auth-service-account": "the one that KEPTN_PUBSUB_SERVICE_ACCOUNTS names",
    "--push-auth-token-audience": "what KEPTN_PUBSUB_AUDIENCE says",
    "--ack-deadline": "60",
    "--min-retry-delay": "10s",
    "--max-retry-delay": "600s",
    "--expiration-period": "never",
}


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    return isinstance(body.get("message"), dict) or _ID in headers or body.get("action") in _ACTIONS


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Sequence[Push | Ignored]:
    """One entry. Raises Refused for a push without an id: a repeat of it could not be told from another push."""
    message = body.get("message")
    if not isinstance(message, dict):
        return [_entry(body, headers.get(_ID, ""), headers.get(_TIME, ""))]
    event_id = str(message.get("messageId") or message.get("message_id") or "")
    try:
        told = json.loads(base64.b64decode(str(message.get("data")), validate=True))
    except (ValueError, RecursionError):
        return [Ignored(what=_named(event_id), why="its data is no JSON in base64")]
    return [_entry(told, event_id, str(message.get("publishTime") or message.get("publish_time") or ""))]


def _entry(told: object, event_id: str, published: str) -> Push | Ignored:
    if not isinstance(told, dict):
        return Ignored(what=_named(event_id), why="its data is no JSON object")
    tag, digest = str(told.get("tag") or ""), str(told.get("digest") or "")
    image = _IMAGE.fullmatch(tag)
    host, repository, name = image.groups() if image else ("", "", "")
    at = digest.rpartition("@")[2]
    push = Push(event_id=event_id, host=host, repository=repository, tag=name, digest=at, sent_at=time_of(published))
    if why := _why_not(str(told.get("action") or ""), tag, digest, push):
        return Ignored(what=tag or digest or _named(event_id), why=why)
    if not event_id:
        raise Refused(f"nothing says which message tells of {tag}; let the subscription write metadata to headers")
    return push


def _why_not(action: str, tag: str, digest: str, push: Push) -> str:
    if action != "INSERT":
        return f"the action is {action!r}, not 'INSERT'"
    if not tag:
        return NO_TAG
    if not push.tag:
        return "it names no image with host and tag"
    if digest and not digest.startswith(f"{push.host}/{push.repository}@"):
        return f"its digest is of another image, {digest!r}"
    return IS_SIGNATURE if is_signature(push.tag) else ""


def _named(event_id: str) -> str:
    return f"message {event_id}" if event_id else "a message"
