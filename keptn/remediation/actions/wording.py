"""What the tickets and calls of a remediation say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import events
from keptn.events import Event
from keptn.notification import message
from keptn.remediation import runbook
from keptn.remediation.runbook import Executor


def correlation(task: Event, executor: Executor) -> str:
    """Of a call and its repeats; at the end of a problem, of all tries to tell it."""
    if of := (task.data.get("action") or {}).get("of"):
        return events.derived_id(str(of), "over", executor.key)
    return events.derived_id(task.id, "call", executor.key)


def ticket(task: Event) -> dict[str, Any]:
    """Columns of ServiceNow's incident table; other ticket systems get the same names."""
    problem: Mapping[str, Any] = task.data.get("problem") or {}
    title = next(iter(reversed(runbook.problem_names(problem))), "a problem")
    lines = [
        f"{title} in {task.scope}.",
        f"Problem id: {problem.get('PID') or 'unknown'}; since {problem.get('startsAt') or 'unknown'}.",
        message.does(task),
        f"To follow it: keptn status {task.context}",
    ]
    return {
        "short_description": f"{task.scope}: {title}",
        "description": "\n".join(lines),
        "correlation_display": "keptn",
    }


def fields(executor: Executor) -> Mapping[str, Any]:
    """The columns that the runbook sets."""
    given = executor.options.get("fields")
    return given if isinstance(given, Mapping) else {}
