"""Grafana Alerting's webhook contact point: Alertmanager's groups with a `version` of "1", `orgId`, `values` and more.

It may sign (`X-Grafana-Alerting-Signature`, checked before), from 12.0 on with a time in a header whose name is chosen.
What its button Test sends is named TestAlert of the instance Grafana, and is no problem.
Source: Grafana, "Configure the webhook notifier for Alerting".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.webhooks.senders import alertmanager
from keptn.webhooks.senders.monitors import TEST, Problem
from keptn.webhooks.senders.registries import Ignored

SETUP = {
    "Where": "Alerting → Contact points → Add contact point",
    "Integration": "Webhook",
    "URL": "{url}?hook={hook}",
    "HTTP Method": "POST",
    "HMAC Signature, Secret": "{token}",
    "HMAC Signature, Header": "X-Grafana-Alerting-Signature",
    "HMAC Signature, Timestamp Header": "X-Grafana-Alerting-Timestamp",
    "Authorization Header": "empty; before Grafana 12, instead of the signature: `Bearer` and `{token}`",
    "Disable resolved message": "off",
}


def recognises(body: Mapping[str, Any], _headers: Mapping[str, str]) -> bool:
    return isinstance(body.get("alerts"), list) and "orgId" in body


def read(body: Mapping[str, Any], _headers: Mapping[str, str]) -> Sequence[Problem | Ignored]:
    return [_real(entry) for entry in alertmanager.alerts(body)]


def _real(entry: Problem | Ignored) -> Problem | Ignored:
    is_test = isinstance(entry, Problem) and entry.title == "TestAlert" and entry.labels.get("instance") == "Grafana"
    return Ignored(what="TestAlert", why=TEST) if is_test else entry
