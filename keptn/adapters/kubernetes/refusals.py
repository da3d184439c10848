"""What an API server says no with, as one sentence and the error that says whether trying again may help. Pure.

Source: Kubernetes API conventions, "Response Status Kind" and "HTTP Status codes".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from keptn.errors import KeptnError, LostRace, Refused, Unavailable

_ABSENT = "make it again (a stage's: docs/adapters.md, Workloads), and try again"
_NO_SUCH_KIND = "it has no such kind of object: install what brings it (the Gateway API, Knative)"
_BY_STATUS: Mapping[int, tuple[type[KeptnError], str]] = {
    401: (Unavailable, "it does not know the credentials of this service account"),
    403: (Unavailable, "give that right (knative/README.md, Who may do what)"),
    409: (LostRace, ""),
    **dict.fromkeys((400, 405, 406, 413, 415, 422), (Refused, "")),
}
"""All others pass: too many requests, a server that is starting, a webhook that is away."""


def refusal(status: int, body: str, *, doing: str) -> KeptnError:
    """doing: what was asked, as `apply Deployment carts-blue in sockshop-dev`."""
    told = _status(body)
    message = str(told.get("message") or body.strip()[:300] or f"status {status}")
    error, advice = _judged(status, message, told.get("details") or {})
    return error("; ".join(part for part in (f"the cluster did not {doing}: {message}", advice) if part))


def _judged(status: int, message: str, details: Mapping[str, Any]) -> tuple[type[KeptnError], str]:
    """What it is, and what to do."""
    if "exceeded quota" in message:
        return Refused, "raise the namespace's ResourceQuota, or ask for less in the service's values file"
    if any(cause.get("reason") == "NamespaceTerminating" for cause in details.get("causes") or ()):
        return Refused, "wait until it is gone, and make it anew"
    if "denied" in message and "request" in message:  # webhooks and admission policies, whatever status they choose
        return Refused, "change the service's values file, or what refuses it"
    if status == 404:  # a kind that the cluster does not have is answered without the name of an object
        return Refused, _ABSENT if details.get("name") else _NO_SUCH_KIND
    return _BY_STATUS.get(status, (Unavailable, "it is tried again"))


def _status(body: str) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
