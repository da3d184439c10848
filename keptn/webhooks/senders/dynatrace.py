"""Dynatrace's custom problem notification: a body that people write, with Dynatrace's placeholders in it.

The fields are those of keptn's documentation since 0.2 and of Dynatrace's own: State (OPEN, RESOLVED, MERGED), PID,
ProblemID, ProblemTitle, ProblemSeverity, ProblemURL, Tags, ImpactedEntity, ImpactedEntities, ProblemDetails (of
`{ProblemDetailsJSON}`). A merged problem goes on under another id, of which Dynatrace tells by itself. What its button
for a test sends has the PID 99999 and is no problem.
Source: Dynatrace, "Webhook integration for problem notifications"; keptn 0.2.2, "Custom service"; dynatrace-service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from keptn.webhooks import slots
from keptn.webhooks.senders.monitors import TEST, Problem
from keptn.webhooks.senders.registries import Ignored, text, within

SETUP = {
    "Where": "Settings → Integration → Problem notifications → Add notification",
    "Notification type": "Custom integration",
    "Webhook URL": "{url}",
    "Additional HTTP headers": "Authorization: Bearer {token}",
    "Call webhook if problem is closed": "on",
    "Custom payload": (
        '{"State": "{State}", "PID": "{PID}", "ProblemID": "{ProblemID}", "ProblemTitle": "{ProblemTitle}", '
        '"ProblemSeverity": "{ProblemSeverity}", "ProblemURL": "{ProblemURL}", "Tags": "{Tags}", '
        '"ImpactedEntities": {ImpactedEntities}, "ProblemDetails": {ProblemDetailsJSON}}'
    ),
    "Tags of the service": "keptn_project:PROJECT, keptn_stage:STAGE, keptn_service:SERVICE",
}
_STATES = {"OPEN": True, "RESOLVED": False, "CLOSED": False, "MERGED": False}
_TEST_IDS = frozenset({"99999", "999"})
_MOST_TAGS = 1000


def recognises(body: Mapping[str, Any], _headers: Mapping[str, str]) -> bool:
    return "State" in body and ("PID" in body or "ProblemID" in body)


def read(body: Mapping[str, Any], _headers: Mapping[str, str]) -> Sequence[Problem | Ignored]:
    return [problem(body)]


def problem(
    data: Mapping[str, Any], *, known_as: str = "", labels: Mapping[str, str] | None = None
) -> Problem | Ignored:
    """Of the fields above. known_as: its id if they say none. labels: beside its tags."""
    pid = text(data.get("PID")) or text(data.get("ProblemID")) or known_as
    title, state = text(data.get("ProblemTitle")), text(data.get("State")).upper()
    if {pid, text(data.get("ProblemID"))} & _TEST_IDS:
        return Ignored(what=title or "a problem", why=TEST)
    if state not in _STATES:
        why = f"its State is {state[:80]!r}, none of {', '.join(_STATES)}"
        return Ignored(what=title or pid or "a problem", why=why)
    if not pid:
        return Ignored(what=title or "a problem", why="it has neither PID nor ProblemID; add them to the payload")
    told = {
        "severity": text(data.get("ProblemSeverity")),
        "ImpactedEntity": _impacted(data),
        **(labels or {}),
        **_tags(data),
    }
    return Problem(
        pid=pid,
        title=title or pid,
        type=told.get("problem_type") or title or pid,
        is_open=_STATES[state],
        starts_at=_start(within(data, "ProblemDetails").get("startTime")),
        digest=told.get("digest", ""),
        details={"ProblemID": text(data.get("ProblemID")), "ProblemURL": text(data.get("ProblemURL"))},
        labels={key: value for key, value in told.items() if value},
    )


def _tags(data: Mapping[str, Any]) -> Mapping[str, str]:
    told = data.get("Tags")
    listed = told.split(",", _MOST_TAGS) if isinstance(told, str) else told
    return slots.tags(listed[:_MOST_TAGS] if isinstance(listed, list) else [])


def _impacted(data: Mapping[str, Any]) -> str:
    """The service that it is about, where it is about one alone."""
    listed = data.get("ImpactedEntities")
    entities = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    named = {text(one.get("name")) for one in entities if one.get("type") == "SERVICE"}
    return named.pop() if len(named) == 1 else ""


def _start(value: object) -> datetime | None:
    """Of milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(int(text(value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
