"""Whether an approval asks a person, and about which result: as its `approval.triggered` says. Pure.

A result that came so far counts as pass when there is none. Between the steps of a canary it is the last evaluation's
alone (`of`), for a warning stays with a delivery.
"""

from __future__ import annotations

from keptn.events import Event, Result, section


def asks(task: Event) -> bool:
    """What failed is never approved automatically."""
    found = result(task)
    return found == Result.FAIL or section(task.data, "approval").get(found, "manual") != "automatic"


def result(task: Event) -> str:
    of_evaluation = section(task.data, "approval").get("of") == "evaluation"
    judged = section(task.data, "evaluation").get("result") if of_evaluation else ""
    return str(judged or task.result or Result.PASS)
