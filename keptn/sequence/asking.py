"""Whether an approval asks a person, and about which result: as its `approval.triggered` says. Pure.

A result that came so far counts as pass when there is none. Between the steps of a canary it is the last evaluation's
alone (`of`), for a warning stays with a delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.events import Event, Result


def asks(task: Event) -> bool:
    """What failed is never approved automatically."""
    found = result(task)
    return found == Result.FAIL or _section(task).get(found, "manual") != "automatic"


def result(task: Event) -> str:
    evaluation = task.data.get("evaluation") if _section(task).get("of") == "evaluation" else None
    judged = evaluation.get("result") if isinstance(evaluation, Mapping) else ""
    return str(judged or task.result or Result.PASS)


def _section(task: Event) -> Mapping[str, Any]:
    found = task.data.get("approval")
    return found if isinstance(found, Mapping) else {}
