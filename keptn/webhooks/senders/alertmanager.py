"""Prometheus Alertmanager's webhook, version 4. The labels project, stage and service say what an alert is about.

Source: prometheus/alertmanager, notify/webhook/webhook.go and template/template.go. A group is sent again every
`repeat_interval`. A problem is known by the rule and its start: the same rule fires for every pod of a service at once,
which is one problem, so the fingerprint, a hash of all labels, does not tell problems apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from keptn.events import Scope, derived_id, rfc3339, utc
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored

_SLOT = ("project", "stage", "service")


def recognises(body: Mapping[str, Any]) -> bool:
    return str(body.get("version") or "") == "4" and isinstance(body.get("alerts"), list)


def read(body: Mapping[str, Any]) -> Sequence[Problem | Ignored]:
    return [_problem(alert) for alert in body["alerts"]]


def _problem(alert: object) -> Problem | Ignored:
    if not isinstance(alert, dict):
        return Ignored(what=repr(alert)[:80], why="an alert must be a JSON object")
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    title = labels.get("alertname", "")
    starts_at = _time(alert.get("startsAt"))
    missing = [name for name in ("alertname", *_SLOT) if not labels.get(name)]
    if missing:
        why = f"its labels lack {', '.join(missing)}; add them to the alerting rule"
        return Ignored(what=title or "an alert", why=why)
    if starts_at is None:
        return Ignored(what=title, why=f"its startsAt {str(alert.get('startsAt'))[:80]!r} is no RFC 3339 time")
    scope = Scope(**{name: labels[name] for name in _SLOT})
    return Problem(
        scope=scope,
        pid=derived_id(title, rfc3339(starts_at), str(scope)),
        title=title,
        type=labels.get("problem_type") or labels.get("problemType") or title,
        is_open=alert.get("status") == "firing",
        starts_at=starts_at,
        digest=labels.get("digest", ""),
        details={"annotations": annotations, "generatorURL": str(alert.get("generatorURL") or "")},
        labels=labels,
    )


def _texts(value: object) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _time(value: object) -> datetime | None:
    try:
        return utc(str(value))
    except ValueError:
        return None
