"""The statistical judge: is the candidate's sample of a metric higher or lower than the baseline's? Pure.

The published algorithm (Kayenta, NetflixACAJudge), with two differences: the same input always gives the same verdict
(its random noise is replaced by fixed quantiles), and an error is never a pass: it keeps its critical flag and counts.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from keptn.quality import mann_whitney
from keptn.quality.direction import Direction
from keptn.quality.judge_config import JudgedMetric, Measure, NanStrategy, OutlierStrategy
from keptn.quality.samples import mean, percentile
from keptn.quality.wording import number

Given = Sequence[float | None]
"""Samples as they came; None and NaN: no value at that moment."""
Samples = Mapping[str, Given]


class Classification(StrEnum):
    """What the judge says about one metric; the words of the original."""

    PASS = "Pass"  # noqa: S105
    HIGH = "High"
    LOW = "Low"
    NODATA = "Nodata"
    NODATA_FAIL = "NodataFailMetric"
    ERROR = "Error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One metric's outcome. critical: it alone decides the verdict. deviation: the effect's size; NaN: undefined."""

    name: str
    classification: Classification
    critical: bool = False
    deviation: float = 1.0
    reason: str = ""


def classify(
    metric: JudgedMetric, *, baseline: Given, candidate: Given, tolerance: float = 0.25, confidence: float = 0.98
) -> Judged:
    """Compare one metric. Whatever goes wrong in the arithmetic is an Error with the metric's critical flag."""
    try:
        control, experiment = (_prepared(metric, given) for given in (baseline, candidate))
        if not control or not experiment:
            return _without_data(metric, baseline_empty=not control)
        return _compared(metric, control, experiment, tolerance=tolerance, confidence=confidence)
    except (ArithmeticError, ValueError) as exc:
        return Judged(
            name=metric.name,
            classification=Classification.ERROR,
            critical=metric.critical,
            deviation=math.nan,
            reason=f"it cannot be compared: {exc}",
        )


def _prepared(metric: JudgedMetric, given: Given) -> list[float]:
    replaced = metric.nan_strategy is NanStrategy.REPLACE
    values = [
        0.0 if value is None or math.isnan(value) else float(value)
        for value in given
        if replaced or (value is not None and not math.isnan(value))
    ]
    if any(math.isinf(value) for value in values):
        raise ValueError("a sample is infinite")
    if metric.outlier_strategy is OutlierStrategy.REMOVE and values:
        return _without_outliers(values, metric.outlier_factor)
    return values


def _without_outliers(values: list[float], factor: float) -> list[float]:
    """Tukey's fences, never narrower than the 1st and 99th percentile."""
    low, high = percentile(values, 25), percentile(values, 75)
    reach = factor * (high - low)
    least, most = min(low - reach, percentile(values, 1)), max(high + reach, percentile(values, 99))
    return [value for value in values if least <= value <= most]


def _without_data(metric: JudgedMetric, *, baseline_empty: bool) -> Judged:
    reason = f"the {'baseline' if baseline_empty else 'candidate'} has no samples"
    if metric.nan_strategy is NanStrategy.REPLACE and not metric.must_have_data:
        return Judged(name=metric.name, classification=Classification.PASS, reason=f"{reason}, which counts as zero")
    if metric.must_have_data and not metric.critical:
        return Judged(name=metric.name, classification=Classification.NODATA_FAIL, reason=reason)
    return Judged(name=metric.name, classification=Classification.NODATA, critical=metric.critical, reason=reason)


def _compared(
    metric: JudgedMetric, control: list[float], experiment: list[float], *, tolerance: float, confidence: float
) -> Judged:
    if sorted(control) == sorted(experiment) or len({*control, *experiment}) == 1:
        return Judged(
            name=metric.name, classification=Classification.PASS, reason="both versions' samples are identical"
        )
    if len(set(control)) == 1 and len(set(experiment)) == 1:
        control, experiment = _spread(control), _spread(experiment)
    shift = mann_whitney.shift(experiment, control, confidence=confidence)
    bound = tolerance * abs(shift.estimate)
    effect = _effect(metric.effect_size.measure, experiment, control)
    passed = Judged(
        name=metric.name,
        classification=Classification.PASS,
        deviation=effect,
        reason=f"no significant difference (a shift of {number(shift.low)} to {number(shift.high)})",
    )
    if metric.direction is not Direction.DECREASE and shift.low > bound:
        return _significant(metric, passed, effect, high=True)
    if metric.direction is not Direction.INCREASE and shift.high < -bound:
        return _significant(metric, passed, effect, high=False)
    return passed


def _significant(metric: JudgedMetric, passed: Judged, effect: float, *, high: bool) -> Judged:
    """A significant difference counts if the effect is large enough; an undefined effect is."""
    size = metric.effect_size
    allowed = size.allowed_increase if high else size.allowed_decrease
    critical = size.critical_increase if high else size.critical_decrease
    word, shown = ("higher", "High") if high else ("lower", "Low")
    if not _reached(effect, allowed, high=high):
        return replace(passed, reason=f"{word} than the baseline, but within what is allowed ({number(effect)})")
    return Judged(
        name=metric.name,
        classification=Classification(shown),
        critical=metric.critical and _reached(effect, critical, high=high),
        deviation=effect,
        reason=f"significantly {word} than the baseline ({metric.effect_size.measure} {number(effect)})",
    )


def _reached(effect: float, limit: float, *, high: bool) -> bool:
    return math.isnan(effect) or (effect >= limit if high else effect <= limit)


def _effect(measure: Measure, experiment: list[float], control: list[float]) -> float:
    if measure is Measure.CLES:
        return _superiority(experiment, control)
    above, below = mean(experiment), mean(control)
    return above / below if above and below else math.nan


def _superiority(experiment: list[float], control: list[float]) -> float:
    """The chance that a candidate's sample is larger than a baseline's; ties count half."""
    ordered = sorted(control)
    above = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in experiment) / 2
    return above / (len(experiment) * len(control))


def _spread(values: list[float]) -> list[float]:
    """A constant sample as if it were measured with a relative error of 1e-5: fixed normal quantiles, no dice."""
    count = len(values)
    steps = (mann_whitney.normal_quantile((place + 0.5) / count) for place in range(count))
    return [value + abs(value) * 1e-5 * step for value, step in zip(values, steps, strict=True)]
