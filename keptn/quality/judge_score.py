"""From judged metrics to group scores, a summary score and a result. Pure; called by `keptn compare`.

Source: Kayenta's scoring, failing closed: a metric that ended in an error counts as one that did not pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keptn.events import Result
from keptn.quality.judge import Classification, Judged, Samples, classify
from keptn.quality.judge_config import JudgeConfig, JudgedMetric

UNGROUPED = "default"
"""The group of metrics that name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict over all metrics. score: 0 to 100. groups: each group's own score."""

    result: Result
    score: float
    metrics: Sequence[Judged]
    groups: Mapping[str, float]
    message: str


def judge(config: JudgeConfig, *, baseline: Samples, candidate: Samples) -> Judgement:
    """Compare every metric of the file. A metric that a side does not have has no samples there."""
    judged = [
        classify(
            metric,
            baseline=baseline.get(metric.name, ()),
            candidate=candidate.get(metric.name, ()),
            tolerance=config.tolerance,
            confidence=config.confidence_level,
        )
        for metric in config.metrics
    ]
    members = _members(config.metrics, judged)
    score, message = _summary(config, judged, members)
    return Judgement(
        result=_result(config, score),
        score=score,
        metrics=judged,
        groups={name: _score(group, empty=0.0) for name, group in members.items()},
        message=message,
    )


def _members(metrics: Sequence[JudgedMetric], judged: Sequence[Judged]) -> Mapping[str, Sequence[Judged]]:
    members: dict[str, list[Judged]] = {}
    for metric, one in zip(metrics, judged, strict=True):
        for group in dict.fromkeys(metric.groups or (UNGROUPED,)):
            members.setdefault(group, []).append(one)
    return members


def _summary(
    config: JudgeConfig, judged: Sequence[Judged], members: Mapping[str, Sequence[Judged]]
) -> tuple[float, str]:
    for one in judged:
        if one.critical and one.classification is not Classification.PASS:
            return 0.0, f"the critical metric {one.name} is {one.classification}: {one.reason}"
    without = [one.name for one in judged if one.classification is Classification.NODATA]
    if 2 * len(without) >= len(judged):
        return 0.0, f"half of the metrics or more have no data: {', '.join(without)}"
    weights = _weights(config, members)
    total = math.fsum(_score(group, empty=100.0) * weights[name] / 100 for name, group in members.items())
    failed = [f"{one.name}: {one.reason}" for one in judged if one.classification is not Classification.PASS]
    return round(total, 2), "; ".join(failed) or "no metric differs from the baseline"


def _score(group: Sequence[Judged], *, empty: float) -> float:
    """The percentage of a group's metrics that passed; those without data do not count."""
    counted = [one for one in group if one.classification is not Classification.NODATA]
    passed = sum(one.classification is Classification.PASS for one in counted)
    return 100 * passed / len(counted) if counted else empty


def _weights(config: JudgeConfig, members: Mapping[str, Sequence[Judged]]) -> Mapping[str, float]:
    """Weights in percent; groups without one share what is left equally."""
    unweighted = [name for name in members if name not in config.group_weights]
    left = 100 - math.fsum(config.group_weights.values())
    return {name: config.group_weights.get(name, left / max(1, len(unweighted))) for name in members}


def _result(config: JudgeConfig, score: float) -> Result:
    if score >= config.pass_score:
        return Result.PASS
    return Result.WARNING if score >= config.marginal_score else Result.FAIL
