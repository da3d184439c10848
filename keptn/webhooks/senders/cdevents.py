"""CDEvents: `dev.cdevents.artifact.published`, of any version, bare or in a CloudEvent of either mode.

The image is the subject's id, a package URL: `pkg:oci/NAME@sha256:…?repository_url=HOST/PATH/NAME&tag=TAG`, or
`pkg:docker/NAMESPACE/NAME@TAG?repository_url=HOST`. Without a tag nothing is delivered: a digest has no version.
Source: CDEvents, "Continuous Integration", "Artifact Published"; package-url, types oci and docker.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from keptn.webhooks.senders import cloud_event
from keptn.webhooks.senders.registries import Ignored, Notification, Push, id_of, text, time_of, why_no_image, within

_PREFIX = "dev.cdevents."
_PUBLISHED = f"{_PREFIX}artifact.published."
_PURL = re.compile(r"pkg:/{0,2}(oci|docker)/([^@?#]+)(?:@([^?#]*))?(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE)
"""Type, name with its namespace, version, qualifiers."""
_MOST_QUALIFIERS = 20
SETUP = {
    "Where": "whatever sends CDEvents over HTTP, such as a CI or an event router",
    "URL": "{url}",
    "Header": "Authorization: Bearer {token}",
    "Events": "dev.cdevents.artifact.published, in a CloudEvent or bare",
    "subject.id": "pkg:oci/NAME@sha256:DIGEST?repository_url=HOST/PATH/NAME&tag=TAG",
}


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    return text(within(_event(body, headers), "context").get("type")).startswith(_PREFIX)


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification:
    event = _event(body, headers)
    context, purl = within(event, "context"), text(within(event, "subject").get("id"))
    kind = text(context.get("type"))
    if not kind.startswith(_PUBLISHED):
        return [Ignored(what=purl or "an event", why=f"the type is {kind!r}, not {_PUBLISHED}…")]
    found = _PURL.fullmatch(purl)
    if found is None:
        return [Ignored(what=purl or "an event", why="its subject's id is no package URL of an image (pkg:oci/…)")]
    host, repository, tag, digest = _image(found)
    if why := why_no_image(repository, tag):
        return [Ignored(what=purl, why=f"{why}; the package URL may say ?tag=…" if not tag else why)]
    return [
        Push(
            event_id=text(context.get("id")) or id_of(body),
            host=host,
            repository=repository,
            tag=tag,
            digest=digest,
            sent_at=time_of(context.get("timestamp")),
        )
    ]


def _event(body: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Any]:
    return cloud_event.parts(body, headers)[1] or body


def _image(found: re.Match[str]) -> tuple[str, str, str, str]:
    """Host, repository, tag, digest. repository_url is the registry for `docker`, the whole repository for `oci`."""
    name, version = unquote(found[2]).strip("/"), unquote(found[3] or "")
    qualifiers = found[4] or ""
    told = dict(parse_qsl(qualifiers)) if qualifiers.count("&") < _MOST_QUALIFIERS else {}
    host, _, path = re.sub("^https?://", "", told.get("repository_url", "")).strip("/").partition("/")
    if found[1].lower() == "docker":
        host, path = host or "docker.io", f"{path}/{name}".strip("/")
    is_digest = version.startswith("sha256:")
    return host, (path or name).lower(), told.get("tag") or ("" if is_digest else version), version if is_digest else ""
