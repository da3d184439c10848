"""Prometheus Alertmanager's webhook, version 4 (0.5 and later), and Grafana's, which is the same and more.

Source: prometheus/alertmanager, notify/webhook/webhook.go and template/template.go. A group is sent again every
`repeat_interval`. A problem is known by the rule and its start: the same rule fires for every pod of a service at once,
which is one problem, so the fingerprint, a hash of all labels, does not tell problems apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from keptn.events import utc
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored

SETUP = {
    "Where": "alertmanager.yml, `receivers`, `webhook_configs`",
    "url": "{url}",
    "http_config": "authorization: {credentials: {token}}",
    "send_resolved": "true",
}
_MOST_ALERTS = 10_000


def recognises(body: Mapping[str, Any], _headers: Mapping[str, str]) -> bool:
    return str(body.get("version") or "") == "4" and isinstance(body.get("alerts"), list)


def read(body: Mapping[str, Any], _headers: Mapping[str, str]) -> Sequence[Problem | Ignored]:
    return alerts(body)


def alerts(body: Mapping[str, Any]) -> Sequence[Problem | Ignored]:
    """Every alert of a group, of Alertmanager's shape."""
    listed = body["alerts"]
    if not listed:
        return [Ignored(what="a group", why="it has no alerts")]
    rest = len(listed) - _MOST_ALERTS
    too_many = Ignored(what=f"{rest} more alerts", why=f"a group has at most {_MOST_ALERTS}; set max_alerts")
    return [*(_problem(alert) for alert in listed[:_MOST_ALERTS]), *([too_many] if rest > 0 else [])]


def _problem(alert: object) -> Problem | Ignored:
    if not isinstance(alert, dict):
        return Ignored(what=repr(alert)[:80], why="an alert must be a JSON object")
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    title = labels.get("alertname", "")
    starts_at = _time(alert.get("startsAt"))
    if not title:
        return Ignored(what="an alert", why="its labels lack alertname; add it to the alerting rule")
    if starts_at is None:
        return Ignored(what=title, why=f"its startsAt {str(alert.get('startsAt'))[:80]!r} is no RFC 3339 time")
    return Problem(
        pid="",
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
    except (ValueError, OverflowError):
        return None
