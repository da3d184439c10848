"""The JSON that `keptn evaluate` and `keptn compare` print: one shape per kind of gate. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from keptn.quality.judge_score import Judgement
from keptn.quality.verdict import ObjectiveResult, Target, Verdict


def of_gate(verdict: Verdict, *, gate_format: str) -> dict[str, Any]:
    """The verdict of an SLO or of a perfspec."""
    return of_perfspec(verdict) if gate_format == "perfspec" else of_slo(verdict)


def of_slo(verdict: Verdict) -> dict[str, Any]:
    return {
        "result": str(verdict.result),
        "status": "succeeded",
        "score": verdict.score,
        "message": verdict.message,
        "objectives": [_objective(one) for one in verdict.objectives],
    }


def of_perfspec(verdict: Verdict) -> dict[str, Any]:
    return {
        "result": str(verdict.result),
        "total_score": verdict.score,
        "max_score": verdict.max_score,
        "message": verdict.message,
        "indicators": [
            {"id": one.sli, "score": one.score, "violations": one.details["violations"], "message": one.message}
            for one in verdict.objectives
        ],
    }


def of_judge(judgement: Judgement) -> dict[str, Any]:
    return {
        "metrics": [
            {
                "name": one.name,
                "classification": str(one.classification),
                "critical": one.critical,
                "deviation": one.deviation if math.isfinite(one.deviation) else None,
                "reason": one.reason,
            }
            for one in judgement.metrics
        ],
        "groups": dict(judgement.groups),
        "score": judgement.score,
        "result": str(judgement.result),
        "message": judgement.message,
    }


def unusable(reason: str) -> dict[str, Any]:
    """What could not be judged at all; never a pass."""
    return {"result": "fail", "status": "errored", "score": 0, "message": reason}


def _objective(one: ObjectiveResult) -> Mapping[str, Any]:
    return {
        "sli": one.sli,
        "status": str(one.status),
        "score": one.score,
        "value": one.value,
        "compared": one.compared,
        "key_sli": one.key_sli,
        "weight": one.weight,
        "pass_targets": [_target(target) for target in one.pass_targets],
        "warning_targets": [_target(target) for target in one.warning_targets],
        "message": one.message,
        **one.details,
    }


def _target(target: Target) -> Mapping[str, Any]:
    """A criterion that was not applied has the target 0. Source: lighthouse."""
    return {"criteria": target.criteria, "target": target.target or 0, "violated": target.violated}
