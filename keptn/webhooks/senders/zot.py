"""Zot's extension `events`: CloudEvents, `zotregistry.image.updated` with name, reference, digest and media type.

The prefix of the types and the source may be set since 2.1.21; the end of a type stays. `reference` is a tag, or
the digest for a push without one. The registry does not say its host, unless `source` is set to its URL: images that
are onboarded with a host need that, or KEPTN_REGISTRY_ALIASES=zotregistry.dev=HOST. Zot sends once, and not again.
Source: zot, "Event Support for zot"; project-zot/zot, pkg/extensions/events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from keptn.webhooks.senders import cloud_event
from keptn.webhooks.senders.registries import Ignored, Notification, Push, id_of, text, time_of, why_no_image

_PUSHED = ".image.updated"
_TYPES = (_PUSHED, ".image.deleted", ".image.lint_failed", ".repository.created")
SETUP = {
    "Where": "config.json, extensions.events",
    "enable": "true",
    "source": "the URL that images are pulled by, such as https://registry.example.com",
    "sinks, type": "http",
    "sinks, address": "{url}",
    "sinks, timeout": "5s",
    "sinks, credentials": '{"username": "keptn", "password": "{token}"}',
}


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    attributes, data = cloud_event.parts(body, headers)
    return attributes.get("type", "").endswith(_TYPES) and "name" in data


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification:
    attributes, data = cloud_event.parts(body, headers)
    kind, source = attributes.get("type", ""), attributes.get("source", "")
    repository, reference = text(data.get("name")), text(data.get("reference"))
    tag = "" if ":" in reference else reference
    what = f"{repository}:{tag}" if tag else repository or "an event"
    if not kind.endswith(_PUSHED):
        return [Ignored(what=what, why=f"the type is {kind!r}, not …{_PUSHED}")]
    if why := why_no_image(repository, tag):
        return [Ignored(what=what, why=why)]
    return [
        Push(
            event_id=attributes.get("id") or id_of(body),
            host=_host(source),
            repository=repository,
            tag=tag,
            digest=text(data.get("digest")),
            sent_at=time_of(attributes.get("time")),
        )
    ]


def _host(source: str) -> str:
    try:
        return urlsplit(source).netloc or source
    except ValueError:
        return source
