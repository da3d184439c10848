"""A perfspec as a gate: what it needs measured, and its points in the shape that all gates share. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn.events import Result
from keptn.quality import limits
from keptn.quality.perfspec import Indicator, PerfSpec
from keptn.quality.perfspec_grading import IndicatorResult, Violation, grade
from keptn.quality.verdict import (
    REQUEST_COUNT,
    Comparison,
    Evidence,
    Need,
    ObjectiveResult,
    ObjectiveStatus,
    Target,
    Verdict,
)
from keptn.quality.wording import number


@dataclass(frozen=True, slots=True, kw_only=True)
class PerfSpecGate:
    """A perfspec behind the `Gate` protocol."""

    spec: PerfSpec
    format: str = "perfspec"
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def limits(self) -> str:
        of = "%" if self.spec.in_percent else f" of {number(self.spec.max_score)}"
        return f"≥{number(self.spec.pass_limit)}{of} (warning ≥{number(self.spec.warning_limit)}{of})"

    @property
    def needs(self) -> Sequence[Need]:
        return [
            Need(indicator=one.id, source=one.source, query=one.query, live=one.thresholds is None)
            for one in self.spec.indicators
        ]

    @property
    def comparison(self) -> Comparison:
        """The previous run, for the percentages; one that failed is no measure."""
        in_percent = any(one.thresholds is not None and one.thresholds.any_percent for one in self.spec.indicators)
        return Comparison(most=1 if in_percent else 0, results=frozenset({Result.PASS, Result.WARNING}))

    @property
    def request_count(self) -> Need | None:
        return next((need for need in self.needs if need.indicator == REQUEST_COUNT), None)

    def judge(self, evidence: Evidence) -> Verdict:
        before = next(iter(self.comparison.of(evidence.previous)), None)
        graded = grade(self.spec, evidence.candidate, live=evidence.live, previous=before.values if before else None)
        by_id = {indicator.id: indicator for indicator in self.spec.indicators}
        return Verdict(
            result=graded.result,
            score=graded.total_score,
            max_score=graded.max_score,
            message=graded.message,
            objectives=[_objective(by_id[result.id], result) for result in graded.indicators],
            compared=[before.id] if before else [],
        )


def violation_json(violation: Violation) -> dict[str, Any]:
    """A violation as Pitometer writes it."""
    shown = {
        "key": violation.key,
        "value": violation.value,
        "breach": violation.breach,
        "threshold": violation.threshold,
    }
    return shown if violation.metadata is None else {**shown, "metadata": violation.metadata}


def _objective(indicator: Indicator, result: IndicatorResult) -> ObjectiveResult:
    entity = _worst(result)
    compared = result.compared.get(entity)
    targets = _targets(indicator, compared, broken={violation.breach for violation in result.violations})
    return ObjectiveResult(
        sli=result.id,
        status=_status(result),
        score=result.score,
        max_score=result.points,
        weight=result.points,
        value=result.values.get(entity),
        compared=compared,
        pass_targets=[target for breach, target in targets if breach.endswith("Warning")],
        warning_targets=[target for breach, target in targets if breach.endswith("Severe")],
        message=result.message,
        no_data=bool(result.violations) and all(one.breach == "missing" for one in result.violations),
        details={
            "violations": [violation_json(violation) for violation in result.violations],
            "values": dict(result.values),
        },
    )


def _worst(result: IndicatorResult) -> str:
    """The entity that a person should look at: the first with a violation, else the one with the largest value."""
    named = [violation.key for violation in result.violations if violation.value is not None]
    return named[0] if named else max(result.values, key=lambda key: result.values[key], default="")


def _status(result: IndicatorResult) -> ObjectiveStatus:
    if result.score >= result.points and not result.violations:
        return ObjectiveStatus.PASS
    return ObjectiveStatus.WARNING if result.score > 0 else ObjectiveStatus.FAIL


def _targets(indicator: Indicator, compared: float | None, *, broken: set[str]) -> list[tuple[str, Target]]:
    if indicator.thresholds is not None:
        applied = limits.of_thresholds(indicator.thresholds, previous=compared)
    else:
        applied = [] if compared is None else limits.against_live(indicator.direction, live=compared)
    return [
        (
            limit.breach,
            Target(
                criteria=f"{limit.kept_by}{number(limit.threshold)}",
                target=limit.threshold,
                violated=limit.breach in broken or limit.breach.replace("Warning", "Severe") in broken,
            ),
        )
        for limit in applied
    ]
