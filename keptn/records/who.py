"""Which person stood behind an event, and why: as the audit log tells it, and its index is searched by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keptn import events
from keptn.events import Event

_SAYING_WHO = ("approval", "rollback", "force", "pin")
"""Sections of an event's data that name a person and his reason; told where the event itself is that person's word."""


def person(event: Event) -> str:
    """A token's id, or whom an answer names; empty where keptn or another system did it by itself."""
    by = str(event.extensions.get("keptnby") or "")
    return by or next((str(one["by"]) for one in _said(event) if one.get("by")), "")


def reason(event: Event) -> str:
    return next((str(one["reason"]) for one in _said(event) if one.get("reason")), "")


def _said(event: Event) -> Iterator[Mapping[str, Any]]:
    parts = events.parse_type(event.type)
    own = parts.name if parts and not parts.stage and event.type.endswith(".finished") else ""
    for name in _SAYING_WHO:
        if event.extensions.get("keptnby") or name == own:
            yield events.section(event.data, name)


def fits(who: str, wanted: str) -> bool:
    """Whether it is that person: by the whole id of a token, or by its name alone, whichever token it was."""
    return wanted in (who, who.rpartition("-")[0])
