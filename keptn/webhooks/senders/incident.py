"""CDEvents' incidents: `dev.cdevents.incident.detected`, `.reported` and `.resolved`, of any version.

An incident is known by its subject's id, from its detection to its end. The environment is a stage or a namespace, the
service's id the service; what `customData` says of project, stage and service goes before. keptn tells of its own
problems in the same words (docs/notifications.md), and does not listen to itself.
Source: CDEvents, "Continuous Operations", "Incident Detected", "Incident Reported", "Incident Resolved".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from keptn.webhooks import slots
from keptn.webhooks.senders import cloud_event
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored, text, within

SETUP = {
    "Where": "whatever sends CDEvents over HTTP, such as an event router",
    "URL": "{url}",
    "Header": "Authorization: Bearer {token}",
    "Events": "dev.cdevents.incident.detected, .reported and .resolved, in a CloudEvent or bare",
    "subject.content.environment.id": "PROJECT-STAGE",
    "subject.content.service.id": "SERVICE",
}
_PREFIX = "dev.cdevents."
_TYPE = re.compile(r"dev\.cdevents\.incident\.(detected|reported|resolved)\..*")
_DIGEST = re.compile(r"sha256(?::|%3[aA])([0-9a-f]{64})")


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    return text(within(_event(body, headers), "context").get("type")).startswith(_PREFIX)


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Sequence[Problem | Ignored]:
    event = _event(body, headers)
    kind = text(within(event, "context").get("type"))
    pid, content = text(within(event, "subject").get("id")), within(event, "subject", "content")
    happened = _TYPE.fullmatch(kind)
    if happened is None or not pid:
        why = f"the type is {kind[:80]!r}, not {_PREFIX}incident.…" if happened is None else "its subject has no id"
        return [Ignored(what=pid or "an event", why=why)]
    if within(event, "customData", "keptn"):
        return [Ignored(what=pid, why="it is keptn's own, which knows of it")]
    environment, service = (text(within(content, name).get("id")) for name in ("environment", "service"))
    told = {"stage": environment, "namespace": environment, "service": service}
    labels = {**told, **slots.tags([within(event, "customData")])}
    digest = _DIGEST.search(text(content.get("artifactId")))
    title = labels.get("title") or text(content.get("description"))[:200] or "incident"
    return [
        Problem(
            pid=pid,
            title=title,
            type=labels.get("problem_type") or title,
            is_open=happened[1] != "resolved",
            digest=f"sha256:{digest[1]}" if digest else "",
            details={"description": text(content.get("description")), "ticketURI": text(content.get("ticketURI"))},
            labels={key: value for key, value in labels.items() if value},
        )
    ]


def _event(body: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Any]:
    return cloud_event.parts(body, headers)[1] or body
