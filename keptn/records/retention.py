"""How long what is kept is kept: one table, by prefix. Pure.

Age runs from the last write. On a laptop `keptn/local/sweep.py` deletes what is too old, in a bucket its lifecycle
rules do. What has no end is what a quiet service still needs: its slot, what it refuses, what it is made of.
"""

from __future__ import annotations

from collections.abc import Mapping

from keptn import durations
from keptn.errors import Refused
from keptn.sequence.limits import APPROVAL_TIMEOUT_S
from keptn.settings import Settings
from keptn.shipyard.model import Shipyard, Task

RECORDS = (
    "events/",
    "event-index/",
    "replies/",
    "sent/",
    "executions/",
    "deliveries/",
    "approvals/",
    "controls/",
    "dead-letter/",
    "token-use/",
    "arrivals/",
    "sessions/",
)
"""Kept for `KEPTN_RETENTION_DAYS`: what happened, and what recognises a repeat of it."""
EVALUATIONS = ("evaluations/", "invalidated/")
"""Kept for `KEPTN_EVALUATION_RETENTION_DAYS`: later versions are compared with them; its last passes: always."""
ENDLESS = ("slots/", "retired/", "projects/", "images/", "shipyards/", "rejected/", "timers/", "wake-up/", "tokens/")


def days(settings: Settings) -> Mapping[str, int]:
    """Prefix to days; what is not in it has no end."""
    longer = max(settings.retention_days, settings.evaluation_retention_days)
    return dict.fromkeys(RECORDS, settings.retention_days) | dict.fromkeys(EVALUATIONS, longer)


def check_waits(shipyard: Shipyard, *, retention_days: int) -> None:
    """Raises Refused if something in it may wait longer than what it waits with is kept."""
    for stage in shipyard.stages:
        for sequence in stage.sequences:
            for task in sequence.tasks:
                where = f"task {task.name!r} of {stage.name}.{sequence.name}"
                for what, seconds in _waits(task).items():
                    _check(f"{where} has {what} {durations.short(seconds)}", seconds, retention_days)


def _check(what: str, seconds: float, retention_days: int) -> None:
    if seconds > retention_days * 86400:
        raise Refused(
            f"{what}, which is longer than anything is kept; shorten it, or raise KEPTN_RETENTION_DAYS={retention_days}"
        )


def _waits(task: Task) -> Mapping[str, float]:
    """What the task waits for at the most, in seconds."""
    people_s = APPROVAL_TIMEOUT_S if task.name == "approval" else 0.0
    return {
        "triggeredAfter": task.triggered_after_s,
        "timeout": people_s if task.timeout_s is None else task.timeout_s,
        "duration": durations.seconds(task.properties.get("duration", 0)) if task.name == "soak" else 0.0,
    }
