"""Values that an external SLI provider delivered: what a `get-sli` task before the evaluation left in its event. Pure.

An executor of `get-sli.triggered` keeps working: the shipyard names the task `get-sli` before `evaluation`, and the
engine merges its answer into `evaluation.triggered`. Source: keptn specification, get-sli.finished.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from keptn import events
from keptn.events import Event
from keptn.ports import SliValue
from keptn.quality import window as windows
from keptn.quality.verdict import Measured


def values(task: Event) -> Measured:
    """By indicator; empty if nobody delivered any for this deployment."""
    answer = task.data.get("get-sli")
    if not isinstance(answer, Mapping) or _is_old(answer, task):
        return {}
    listed = answer.get("indicatorValues")
    entries = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return {str(one["metric"]): _value(one, answer) for one in entries if one.get("metric")}


def _is_old(answer: Mapping[str, Any], task: Event) -> bool:
    """The payload of a stage travels to the next one, and within a stage from one step of traffic to the next."""
    deployment = task.data.get("deployment")
    deployed = deployment.get("finished_at") if isinstance(deployment, Mapping) else None
    try:
        changed = windows.stepped_at(task) or (events.utc(str(deployed)) if deployed else None)
        return bool(changed and answer.get("end") and events.utc(str(answer["end"])) <= changed)
    except (ValueError, OverflowError):
        return True


def _value(entry: Mapping[str, Any], answer: Mapping[str, Any]) -> SliValue:
    metric, number = str(entry["metric"]), entry.get("value")
    provider = f"get-sli of {answer.get('sliProvider') or 'an external provider'}"
    if entry.get("success") is not True:
        reason = str(entry.get("message") or "the provider could not measure it")
        return SliValue(indicator=metric, query=provider, reason=reason, failed=True)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return SliValue(indicator=metric, query=provider, reason=f"{number!r} is no number", failed=True)
    return SliValue(indicator=metric, query=provider, values={"": float(number)})
