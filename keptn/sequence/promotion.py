"""What stands before a release is passed over: a person said so, the version was live before, or it stands alone.

A canary's first version, beside which nothing is live, is judged once, by itself: further steps would change nothing.
"""

from __future__ import annotations

from dataclasses import replace

from keptn.events import section
from keptn.sequence.slot import Execution
from keptn.shipyard import SequenceDefinition


def release_ahead(execution: Execution, definition: SequenceDefinition) -> int | None:
    """Where the release stands that is to come; None if nothing was deployed yet, or all is released."""
    deployment, release = definition.position("deployment"), definition.position("release")
    if deployment is None or release is None or not deployment < execution.next <= release:
        return None
    return release


def passed_over(execution: Execution, definition: SequenceDefinition) -> Execution | None:
    """The execution with its release next, and why; None where every task has its turn."""
    release = release_ahead(execution, definition)
    if release is None or execution.next == release:
        return None
    reason = execution.promoted or _of_deployment(execution) or _alone(execution, definition)
    return replace(execution, next=release, promoted=reason) if reason else None


def _of_deployment(execution: Execution) -> str:
    return str(section(execution.data, "deployment").get("promoted") or "")


def _alone(execution: Execution, definition: SequenceDefinition) -> str:
    deployment = section(execution.data, "deployment")
    if definition.position("traffic") is None or deployment.get("live") or not deployment.get("candidate"):
        return ""
    judged = any(run.name == "evaluation" and not run.is_open for run in execution.runs)
    asked_about_it = definition.tasks[execution.next].properties.get("of") == "evaluation"
    if not judged or asked_about_it:
        return ""
    return "no version was live: it was judged by itself, and there was nothing to compare it with step by step"
