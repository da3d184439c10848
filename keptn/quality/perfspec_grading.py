"""From a perfspec and measured values to points and a verdict. Pure; called by the evaluation and the CLI.

Points per entity as in Pitometer: 0 beyond a severe limit, half beyond a warning limit, and each side may halve. An
indicator earns what its worst entity earns. A threshold of 0 is a threshold, and a value that is missing earns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn.events import Result
from keptn.ports import SliValue
from keptn.quality import against_live, limits
from keptn.quality.limits import Limit
from keptn.quality.perfspec import Indicator, PerfSpec
from keptn.quality.wording import number, sentence

Values = Mapping[str, SliValue]
"""Indicator id to what was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A limit that an entity's value is beyond. breach: `upperSevere` … or `missing` (no value, no threshold)."""

    key: str
    breach: str
    value: float | None = None
    threshold: float | None = None
    metadata: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorResult:
    """What one indicator earned, of `points`. compared: the live version's or previous run's value by entity."""

    id: str
    score: float
    points: float
    violations: tuple[Violation, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    compared: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerfSpecResult:
    """The verdict. total_score, max_score: points, also where the objectives were read as percentages."""

    result: Result
    total_score: float
    max_score: float
    indicators: tuple[IndicatorResult, ...]
    message: str


def grade(
    spec: PerfSpec,
    candidate: Values,
    *,
    live: Values | None = None,
    previous: Mapping[str, Mapping[str, float]] | None = None,
) -> PerfSpecResult:
    """Grade the candidate's values.

    live: the live version's values over the same window, None if there is no live version to compare with.
    previous: values of the run before, indicator to entity to value, for the percentage thresholds.
    """
    results = tuple(
        _grade_indicator(indicator, candidate.get(indicator.id), live=live, previous=(previous or {}).get(indicator.id))
        for indicator in spec.indicators
    )
    total = math.fsum(result.score for result in results)
    return PerfSpecResult(
        result=_verdict(spec, total),
        total_score=total,
        max_score=spec.max_score,
        indicators=results,
        message=_message(spec, total, results),
    )


def _grade_indicator(
    indicator: Indicator, measured: SliValue | None, *, live: Values | None, previous: Mapping[str, float] | None
) -> IndicatorResult:
    if measured is None or not measured.values:
        return _without_values(indicator, measured)
    if indicator.thresholds is not None:
        known = {key: value for key, value in (previous or {}).items() if math.isfinite(value)}
        return _graded(indicator, measured, compared=known)
    if live is None:
        note = "there is no live version to compare with: its points are earned"
        return _result(indicator, measured, message=note)
    return _against_live(indicator, measured, live.get(indicator.id))


def _without_values(indicator: Indicator, measured: SliValue | None) -> IndicatorResult:
    reason = measured.reason if measured and measured.reason else "no value"
    if indicator.ignore_empty and not (measured and measured.failed):
        return IndicatorResult(
            id=indicator.id,
            score=indicator.points,
            points=indicator.points,
            message=f"{reason}, and ignoreEmpty is set",
        )
    missing = Violation(key="", breach="missing", metadata=indicator.metadata)
    return IndicatorResult(id=indicator.id, score=0.0, points=indicator.points, violations=(missing,), message=reason)


def _against_live(indicator: Indicator, measured: SliValue, live: SliValue | None) -> IndicatorResult:
    known = {key: value for key, value in (live.values if live else {}).items() if math.isfinite(value)}
    if problem := _incomparable(measured, live, known):
        missing = Violation(key="", breach="missing", metadata=indicator.metadata)
        return _result(indicator, measured, share=0.0, violations=(missing,), message=problem)
    return _graded(indicator, measured, compared=against_live.paired(measured.values, known))


def _incomparable(measured: SliValue, live: SliValue | None, known: Mapping[str, float]) -> str:
    """Why the two cannot be compared, empty if they can: a comparison with nothing, or with itself, is no pass."""
    if live is None or not known:
        reason = live.reason if live and live.reason else "no value"
        return f"the live version, which it is compared with, has none: {reason}"
    if measured.query and measured.query == live.query:
        return f"the query {measured.query!r} does not tell the versions apart; use $DEPLOYMENT in it"
    return ""


def _graded(indicator: Indicator, measured: SliValue, *, compared: Mapping[str, float]) -> IndicatorResult:
    shares: list[float] = []
    violations: list[Violation] = []
    for key, value in sorted(measured.values.items()):
        if not math.isfinite(value):
            shares.append(0.0)
            violations.append(Violation(key=key, breach="missing", metadata=indicator.metadata))
            continue
        beyond = limits.broken(_limits(indicator, compared.get(key)), value)
        shares.append(limits.share(beyond))
        violations += [
            Violation(key=key, breach=limit.breach, value=value, threshold=limit.threshold, metadata=indicator.metadata)
            for limit in beyond
        ]
    return _result(indicator, measured, share=min(shares), violations=tuple(violations), compared=compared)


def _limits(indicator: Indicator, compared: float | None) -> Sequence[Limit]:
    if indicator.thresholds is not None:
        return limits.of_thresholds(indicator.thresholds, previous=compared)
    return limits.against_live(indicator.direction, live=compared) if compared is not None else ()


def _result(
    indicator: Indicator,
    measured: SliValue,
    *,
    share: float = 1.0,
    violations: tuple[Violation, ...] = (),
    compared: Mapping[str, float] | None = None,
    message: str = "",
) -> IndicatorResult:
    return IndicatorResult(
        id=indicator.id,
        score=indicator.points * share,
        points=indicator.points,
        violations=violations,
        values=measured.values,
        compared={key: value for key, value in (compared or {}).items() if key in measured.values},
        message=message or sentence(_explained(violation) for violation in violations),
    )


def _explained(violation: Violation) -> str:
    entity = f"{violation.key}: " if violation.key else ""
    if violation.value is None or violation.threshold is None:
        return f"{entity}no value"
    return f"{entity}{number(violation.value)} is beyond {violation.breach} {number(violation.threshold)}"


def _verdict(spec: PerfSpec, total: float) -> Result:
    """Source: Pitometer: at or above the limit counts. Compared without a division, so that 90 of 100 is 90 %."""
    if _reaches(spec, total, spec.pass_limit):
        return Result.PASS
    return Result.WARNING if _reaches(spec, total, spec.warning_limit) else Result.FAIL


def _reaches(spec: PerfSpec, total: float, limit: float) -> bool:
    return total * 100 >= limit * spec.max_score if spec.in_percent else total >= limit


def _message(spec: PerfSpec, total: float, results: Sequence[IndicatorResult]) -> str:
    unit = "%" if spec.in_percent else "points"
    reading = f"{number(total)} of {number(spec.max_score)} points; pass needs {number(spec.pass_limit)} {unit}"
    if spec.in_percent:
        reading += " (the objectives are above the sum of all points, so they are read as percentages)"
    return sentence((reading, *(f"{result.id}: {result.message}" for result in results if result.message)))
