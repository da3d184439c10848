"""GitHub's container registry: the webhook events `package` (of a repository or organization) and `registry_package`.

Both have the same package in them, under their own name, with `action` published or updated. A push without tag, and
so each part of a multi-platform image, has an empty tag name, and a `package_url` that ends with a colon. The event is
said by `X-GitHub-Event`, a delivery by `X-GitHub-Delivery`, which stays when it is delivered again; the body is signed
(`X-Hub-Signature-256`, checked before).
Source: GitHub, "Webhook events and payloads": package, registry_package, ping; "Validating webhook deliveries".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from keptn.webhooks.senders.registries import Ignored, Notification, Push, id_of, text, time_of, why_no_image, within

_EVENTS = ("package", "registry_package")
_ACTIONS = ("published", "updated")
_URL = re.compile(r"([^/\s]+)/([^\s:@]+)(?:[:@]\S*)?")
"""Host and repository of a `package_url`, as in `ghcr.io/acme/carts:1.4.2`."""
SETUP = {
    "Where": "the repository or organization → Settings → Webhooks → Add webhook",
    "Payload URL": "{url}?hook={hook}",
    "Content type": "application/json",
    "Secret": "{token}",
    "SSL verification": "Enable",
    "Which events": "Let me select individual events → Packages (Registry packages for a GitHub App), and no other",
}


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    return "x-github-event" in headers or any(isinstance(body.get(event), dict) for event in _EVENTS)


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification:
    event = headers.get("x-github-event", "")
    if event == "ping":
        return [Ignored(what="a ping", why="GitHub asks whether anybody is here: somebody is, and knows the secret")]
    if event and event not in _EVENTS:
        why = f"the event is {event!r}, neither 'package' nor 'registry_package'; choose Packages at GitHub"
        return [Ignored(what="a notification", why=why)]
    package = next((found for name in _EVENTS if (found := within(body, name))), {})
    version = within(package, "package_version")
    tag = within(version, "container_metadata", "tag")
    host, repository = _named(package, text(version.get("package_url")))
    push = Push(
        event_id=headers.get("x-github-delivery") or id_of(body),
        host=host,
        repository=repository.lower(),
        tag=text(tag.get("name")),
        digest=text(tag.get("digest")),
        sent_at=time_of(package.get("updated_at")),
    )
    if why := _why_not(text(body.get("action")), text(package.get("package_type")), push):
        return [Ignored(what=str(push) if push.tag else push.repository or "a package", why=why)]
    return [push]


def _named(package: Mapping[str, Any], url: str) -> tuple[str, str]:
    """Host and repository."""
    if found := _URL.fullmatch(url):
        return found[1], found[2]
    namespace, name = text(package.get("namespace")), text(package.get("name"))
    return "ghcr.io", f"{namespace}/{name}" if namespace and name else ""


def _why_not(action: str, kind: str, push: Push) -> str:
    if action not in _ACTIONS:
        return f"the action is {action!r}, neither 'published' nor 'updated'"
    if kind.lower() not in ("container", "docker"):
        return f"the package is of the type {kind!r}, not 'CONTAINER'"
    return why_no_image(push.repository, push.tag)
