"""A problem that was over and comes back within minutes is the one that was acted on. Pure.

Its evaluation says whether the action helped. One that nothing was done about yet takes nobody's place: it may be over
before its turn comes, and then the one that came back is still there to be acted on (resolved.py).
"""

from __future__ import annotations

from datetime import timedelta

from keptn.sequence import kind
from keptn.sequence.slot import Execution, Problem, execution_key
from keptn.sequence.turn import Turn

FLAPPING = timedelta(minutes=10)
"""Between the first and the one that came back."""


def came_back(turn: Turn, execution: Execution) -> str:
    """Why the execution's problem needs none of its own: it is another one's; empty if it is not."""
    name = kind.leading_name(execution.data)
    others = (p for p in turn.slot.problems if name and p.name == name and _key(p) != execution.key)
    before = next((problem for problem in others if _is_the_same(turn, execution, problem)), None)
    if before is None:
        return ""
    minutes = int(FLAPPING.total_seconds() // 60)
    return (
        f"{kind.title(execution.data)} came within {minutes} minutes, or while it was acted on: it is the problem of "
        f"delivery {before.context}; to act on it once more: keptn trigger sequence remediation"
    )


def _is_the_same(turn: Turn, execution: Execution, before: Problem) -> bool:
    if before.at is None:
        return False
    running = next((other for other in turn.slot.open if other.key == _key(before)), None)
    if running is not None:
        return running.touched
    return execution.triggered_at - before.at < FLAPPING


def _key(problem: Problem) -> str:
    return execution_key(problem.context, problem.execution)
