"""What the tickets and calls of a remediation say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import events
from keptn.events import Event
from keptn.notification import message, template
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
    lines = [
        f"{title(task)} in {task.scope}.",
        f"Problem id: {problem.get('PID') or 'unknown'}; since {problem.get('startsAt') or 'unknown'}.",
        message.does(task),
        f"To follow it: keptn status {task.context}",
    ]
    return {
        "short_description": f"{task.scope}: {title(task)}",
        "description": "\n".join(lines),
        "correlation_display": "keptn",
    }


def fields(task: Event, executor: Executor) -> Mapping[str, Any]:
    """The columns that the runbook sets. Raises Refused for a template that cannot be filled."""
    found: Mapping[str, Any] = template.fill(executor.options.get("fields") or {}, values(task, executor))
    return found


def values(task: Event, executor: Executor) -> dict[str, Any]:
    """What a template of a runbook knows: as one of notify.yaml, and `over` at the end of a problem."""
    known = template.of_event(task, correlation=correlation(task, executor))
    return {**known, "problem": title(task), "over": message.is_end(task)}


def title(task: Event) -> str:
    """Of the problem."""
    return next(iter(reversed(runbook.problem_names(task.data.get("problem") or {}))), "a problem")
