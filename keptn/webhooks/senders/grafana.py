"""Grafana Alerting's webhook contact point: Alertmanager's groups with a `version` of "1", `orgId`, `values` and more.

It may sign (`X-Grafana-Alerting-Signature`, checked before), from 12.0 on with a time in a header whose name is chosen.
What its button Test sends is named TestAlert of the instance Grafana, and is no problem. `DatasourceError` is about
what Grafana asked, not about the service.
Source: Grafana, "Configure the webhook notifier for Alerting"; "No Data and Error states".
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
    if isinstance(entry, Problem) and entry.title == "DatasourceError":
        why = "Grafana could not ask its data source, which says nothing of the service"
        return Ignored(what=entry.labels.get("rulename", entry.title), why=why)
    return Ignored(what="TestAlert", why=TEST) if is_test else entry
