"""Dynatrace's custom problem notification: a body that people write, with Dynatrace's placeholders in it.

The fields are those of keptn's documentation since 0.2 and of Dynatrace's own, in any case of letters: State (OPEN,
RESOLVED, MERGED), PID, ProblemID, ProblemTitle, ProblemSeverity, ProblemURL, Tags, ImpactedEntity, ImpactedEntities,
ProblemDetails (of `{ProblemDetailsJSON}`, an object or its text, whose tags of entities count, too). A merged problem
goes on under another id, of which Dynatrace tells by itself. What its button for a test sends has the PID 99999 and is
no problem.
Source: Dynatrace, "Webhook integration for problem notifications"; keptn 0.2.2, "Custom service"; dynatrace-service.
"""

from __future__ import annotations

import json
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
_TEST_TITLE = "dynatrace problem notification test"
_MOST_TAGS = 1000
_NAMES = {
    name.lower(): name
    for name in (
        *("State", "PID", "ProblemID", "ProblemTitle", "ProblemSeverity", "ProblemURL", "Tags"),
        *("ImpactedEntity", "ImpactedEntities", "ProblemDetails", "ProblemDetailsJSON"),
    )
}


def recognises(body: Mapping[str, Any], _headers: Mapping[str, str]) -> bool:
    told = {name.lower() for name in body}
    return "state" in told and bool(told & {"pid", "problemid"}) and "specversion" not in told


def read(body: Mapping[str, Any], _headers: Mapping[str, str]) -> Sequence[Problem | Ignored]:
    return [problem(body)]


def problem(
    data: Mapping[str, Any], *, known_as: str = "", labels: Mapping[str, str] | None = None
) -> Problem | Ignored:
    """Of the fields above. known_as: its id if they say none. labels: beside its tags."""
    data = {_NAMES.get(name.lower(), name): value for name, value in data.items()}
    details = _details(data)
    pid = text(data.get("PID")) or text(data.get("ProblemID")) or known_as
    title, state = text(data.get("ProblemTitle")), text(data.get("State")).upper()
    if {pid, text(data.get("ProblemID"))} & _TEST_IDS or title.lower().startswith(_TEST_TITLE):
        return Ignored(what=title or "a problem", why=TEST)
    if state not in _STATES:
        why = f"its State is {state[:80]!r}, none of {', '.join(_STATES)}"
        return Ignored(what=title or pid or "a problem", why=why)
    if not pid:
        return Ignored(what=title or "a problem", why="it has neither PID nor ProblemID; add them to the payload")
    told = {
        "severity": text(data.get("ProblemSeverity")),
        "ImpactedEntity": _impacted(data),
        **_entity_tags(details),
        **(labels or {}),
        **_tags(data),
    }
    return Problem(
        pid=pid,
        title=title or pid,
        type=told.get("problem_type") or title or pid,
        is_open=_STATES[state],
        starts_at=_start(details.get("startTime")),
        digest=told.get("digest", ""),
        details={"ProblemID": text(data.get("ProblemID")), "ProblemURL": text(data.get("ProblemURL"))},
        labels={key: value for key, value in told.items() if value},
    )


def _tags(data: Mapping[str, Any]) -> Mapping[str, str]:
    told = data.get("Tags")
    listed = told.split(",", _MOST_TAGS) if isinstance(told, str) else told
    return slots.tags(listed[:_MOST_TAGS] if isinstance(listed, list) else [])


def _details(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The problem as Dynatrace's own API describes it."""
    for name in ("ProblemDetails", "ProblemDetailsJSON"):
        value = data.get(name)
        if isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                continue
        if found := within(value):
            return found
    return {}


def _entity_tags(details: Mapping[str, Any]) -> Mapping[str, str]:
    """`[{"key", "value"}]`, in the first version of the API and in the second."""
    lists = (details.get("tagsOfAffectedEntities"), details.get("entityTags"))
    found = [within(tag) for one in lists if isinstance(one, list) for tag in one[:_MOST_TAGS]]
    return {text(tag["key"]): text(tag.get("value")) for tag in reversed(found) if text(tag.get("key"))}


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
