"""Settings of the statistical judge, as a judge file or an SLO's `judge` writes them, read and checked. Pure.

Defaults are the published judge's (Kayenta, NetflixACAJudge); an unknown word is an error here and not a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.quality import fields
from keptn.quality.direction import Direction

_METRIC = {
    "name",
    "direction",
    "nan_strategy",
    "outlier_strategy",
    "outlier_factor",
    "critical",
    "must_have_data",
    "effect_size",
    "groups",
}
_EFFECTS = ("allowed_increase", "allowed_decrease", "critical_increase", "critical_decrease")
_FILE = {"metrics", "group_weights", "pass", "marginal", "tolerance", "confidence_level"}


class NanStrategy(StrEnum):
    REMOVE = "remove"
    REPLACE = "replace"


class OutlierStrategy(StrEnum):
    KEEP = "keep"
    REMOVE = "remove"


class Measure(StrEnum):
    """How an effect's size is told: ratio of means, or the chance that a candidate's sample is the larger one."""

    MEAN_RATIO = "meanRatio"
    CLES = "cles"


_NEUTRAL = {Measure.MEAN_RATIO: 1.0, Measure.CLES: 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """How large a difference must be to count. The defaults count every one."""

    measure: Measure = Measure.MEAN_RATIO
    allowed_increase: float = 1.0
    allowed_decrease: float = 1.0
    critical_increase: float = 1.0
    critical_decrease: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedMetric:
    """How one metric is compared. direction: which way is worse."""

    name: str
    direction: Direction = Direction.EITHER
    nan_strategy: NanStrategy = NanStrategy.REMOVE
    outlier_strategy: OutlierStrategy = OutlierStrategy.KEEP
    outlier_factor: float = 3.0
    critical: bool = False
    must_have_data: bool = False
    effect_size: EffectSize = field(default_factory=EffectSize)
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig:
    """The whole judge file. pass_score, marginal_score: summary scores from which on; weights in percent."""

    metrics: tuple[JudgedMetric, ...]
    group_weights: Mapping[str, float] = field(default_factory=dict)
    pass_score: float = 95.0
    marginal_score: float = 75.0
    tolerance: float = 0.25
    confidence_level: float = 0.98


def parse(text: str | bytes, *, file: str = "judge.json") -> JudgeConfig:
    """Read a judge file. Raises InvalidFile with the line and what to do."""
    document = documents.read(text, file=file, kind="judge")
    given = fields.mapping(document, document.data)
    fields.known_keys(document, given, _FILE)
    listed = fields.sequence(document, given.get("metrics"), "metrics")
    if not listed:
        raise document.error("`metrics` is empty; name at least one metric to compare", "metrics")
    metrics = tuple(metric(document, entry, "metrics", place) for place, entry in enumerate(listed))
    _check_unique(document, metrics)
    pass_score = _between(document, given, "pass", default=95.0, low=0, high=100)
    marginal_score = _between(document, given, "marginal", default=min(75.0, pass_score), low=0, high=100)
    if marginal_score > pass_score:
        reason = f"`marginal` {marginal_score:g} is above `pass` {pass_score:g}: it never warns; exchange them?"
        raise document.error(reason, "marginal")
    return JudgeConfig(
        metrics=metrics,
        group_weights=_weights(document, given, metrics),
        pass_score=pass_score,
        marginal_score=marginal_score,
        tolerance=_between(document, given, "tolerance", default=0.25, low=0, high=1e9),
        confidence_level=_confidence(document, given),
    )


def metric(document: Document, entry: object, *path: str | int) -> JudgedMetric:
    """Read one metric's settings. Raises InvalidFile."""
    given = {name: value for name, value in fields.mapping(document, entry, *path).items() if value is not None}
    fields.known_keys(document, given, _METRIC, *path)
    factor = fields.number(document, given.get("outlier_factor", 3.0), *path, "outlier_factor")
    if factor < 0:
        raise document.error("`outlier_factor` must not be negative", *path, "outlier_factor")
    return JudgedMetric(
        name=fields.text(document, given.get("name"), *path, "name"),
        direction=Direction(_word(document, given, "direction", *path, default="either", known=Direction)),
        nan_strategy=NanStrategy(_word(document, given, "nan_strategy", *path, default="remove", known=NanStrategy)),
        outlier_strategy=OutlierStrategy(
            _word(document, given, "outlier_strategy", *path, default="keep", known=OutlierStrategy)
        ),
        outlier_factor=factor,
        critical=fields.flag(document, given, "critical", *path),
        must_have_data=fields.flag(document, given, "must_have_data", *path),
        effect_size=_effect_size(document, given.get("effect_size", {}), *path, "effect_size"),
        groups=_groups(document, given.get("groups", []), *path, "groups"),
    )


def _word(
    document: Document, given: Mapping[str, Any], name: str, *path: str | int, default: str, known: type[StrEnum]
) -> str:
    return fields.one_of(document, given.get(name, default), [str(one) for one in known], *path, name)


def _effect_size(document: Document, entry: object, *path: str | int) -> EffectSize:
    given = fields.mapping(document, entry, *path)
    fields.known_keys(document, given, {"measure", *_EFFECTS}, *path)
    measure = Measure(_word(document, given, "measure", *path, default="meanRatio", known=Measure))
    sizes = {name: fields.number(document, given.get(name, _NEUTRAL[measure]), *path, name) for name in _EFFECTS}
    for name, size in sizes.items():
        if size < 0:
            raise document.error(f"`{name}` must not be negative; it is {size:g}", *path, name)
    return EffectSize(measure=measure, **sizes)


def _groups(document: Document, entry: object, *path: str | int) -> tuple[str, ...]:
    listed = fields.sequence(document, entry, *path)
    return tuple(fields.text(document, name, *path, place) for place, name in enumerate(listed))


def _check_unique(document: Document, metrics: tuple[JudgedMetric, ...]) -> None:
    seen: set[str] = set()
    for place, one in enumerate(metrics):
        if one.name in seen:
            raise document.error(f"metric {one.name!r} stands twice; names must differ", "metrics", place)
        seen.add(one.name)


def _weights(document: Document, given: Mapping[str, Any], metrics: tuple[JudgedMetric, ...]) -> Mapping[str, float]:
    """Weights in percent, of groups that exist; a sum above 100 would hide a failure behind a score beyond 100."""
    known = {group for one in metrics for group in one.groups}
    weights = {}
    for group, value in fields.mapping(document, given.get("group_weights") or {}, "group_weights").items():
        if group not in known:
            raise document.error(f"no metric is in group {group!r}", "group_weights", group)
        weights[group] = fields.number(document, value, "group_weights", group)
        if weights[group] < 0:
            raise document.error("a group's weight must not be negative", "group_weights", group)
    total = sum(weights.values())
    if total > 100 + 1e-9:
        raise document.error(f"the groups' weights add up to {total:g}, more than 100 percent", "group_weights")
    return weights


def _between(
    document: Document, given: Mapping[str, Any], name: str, *, default: float, low: float, high: float
) -> float:
    value = fields.number(document, given.get(name, default), name)
    if not low <= value <= high:
        raise document.error(f"`{name}` must be between {low:g} and {high:g}, not {value:g}", name)
    return value


def _confidence(document: Document, given: Mapping[str, Any]) -> float:
    level = fields.number(document, given.get("confidence_level", 0.98), "confidence_level")
    if not 0 < level < 1:
        raise document.error(f"`confidence_level` must be between 0 and 1, not {level:g}", "confidence_level")
    return level
