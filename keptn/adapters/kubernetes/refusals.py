"""What an API server says no with, as one sentence and the error that says whether trying again may help. Pure.

Source: Kubernetes API conventions, "Response Status Kind" and "HTTP Status codes".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from keptn.errors import KeptnError, LostRace, Refused, Unavailable


class Forbidden(Unavailable):
    """A right that is missing: somebody may give it."""


MADE_ANEW = "keptn create project, with the project's own shipyard, makes it anew"
"""What to do about the namespace of a stage."""
_ABSENT = f"make it again, and try again; of a stage, {MADE_ANEW}"
_ADVICE = {
    "exceeded quota": "raise the namespace's ResourceQuota, or ask for less in the service's values file",
    "violates PodSecurity": "restrict it by patches in the service's values file (docs/services.md)",
    "denied the request": "change the service's values file, or what refuses it",
    "denied request": "change the service's values file, or what refuses it",
}
"""Words of an admission that says no, whatever status it chooses, and what to do."""
_NO_SUCH_KIND = "it has no such kind of object: install what brings it (the Gateway API, Knative)"
_BY_STATUS: Mapping[int, tuple[type[KeptnError], str]] = {
    401: (Unavailable, "it does not know the credentials of this service account"),
    403: (Forbidden, "give that right (knative/README.md, Who may do what)"),
    409: (LostRace, ""),
    **dict.fromkeys((400, 405, 406, 413, 415, 422), (Refused, "")),
}
"""All others pass: too many requests, a server that is starting, a webhook that is away."""


def advice(message: str) -> str:
    """What to do about an admission that says no; empty if the message is of none."""
    return next((found for words, found in _ADVICE.items() if words in message), "")


def refusal(status: int, body: str, *, doing: str) -> KeptnError:
    """doing: what was asked, as `apply Deployment carts-blue in sockshop-dev`."""
    told = _status(body)
    message = str(told.get("message") or body.strip()[:300] or f"status {status}")
    error, to_do = _judged(status, message, told.get("details") or {})
    return error("; ".join(part for part in (f"the cluster did not {doing}: {message}", to_do) if part))


def _judged(status: int, message: str, details: Mapping[str, Any]) -> tuple[type[KeptnError], str]:
    """What it is, and what to do."""
    if any(cause.get("reason") == "NamespaceTerminating" for cause in details.get("causes") or ()):
        return Refused, f"when it is gone, {MADE_ANEW}"
    if found := advice(message):
        return Refused, found
    if status == 404:  # a kind that the cluster does not have is answered without the name of an object
        return Refused, _ABSENT if details.get("name") else _NO_SUCH_KIND
    return _BY_STATUS.get(status, (Unavailable, "it is tried again"))


def _status(body: str) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
