"""`perfspec.json`: the gate file of the talk (Pitometer), read and checked. Pure; graded by `perfspec_grading`.

Understood: the full form (`grading` with thresholds) and the slides' short form (`metricScore` beside an id such as
`Prometheus:go_memstats_alloc`). Stricter than the original where that was sloppy: an unknown source, a duplicate id, a
misspelt threshold are errors here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.quality import fields
from keptn.quality.direction import Direction
from keptn.quality.sources import SOURCES

_THRESHOLDS = {
    "upperSevere": "upper_severe",
    "upperWarning": "upper_warning",
    "lowerSevere": "lower_severe",
    "lowerWarning": "lower_warning",
    "upperSeverePerc": "upper_severe_percent",
    "upperWarningPerc": "upper_warning_percent",
    "lowerSeverePerc": "lower_severe_percent",
    "lowerWarningPerc": "lower_warning_percent",
}
_GRADING = {"type", "thresholds", "metricScore", "ignoreEmpty", "metadata", "direction"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits of one indicator; None: no such limit. The `_percent` ones are relative to the previous run."""

    upper_severe: float | None = None
    upper_warning: float | None = None
    lower_severe: float | None = None
    lower_warning: float | None = None
    upper_severe_percent: float | None = None
    upper_warning_percent: float | None = None
    lower_severe_percent: float | None = None
    lower_warning_percent: float | None = None

    @property
    def any_percent(self) -> bool:
        percentages = (self.upper_severe_percent, self.upper_warning_percent)
        return any(one is not None for one in (*percentages, self.lower_severe_percent, self.lower_warning_percent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator. source: provider, lower case, empty for the default one. thresholds: None: compared with live."""

    id: str
    source: str
    query: str | Mapping[str, Any]
    points: float
    thresholds: Thresholds | None = None
    direction: Direction = Direction.INCREASE
    ignore_empty: bool = False
    metadata: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerfSpec:
    """The whole file. pass_limit, warning_limit: as written; `in_percent` says how they are read."""

    indicators: tuple[Indicator, ...]
    pass_limit: float
    warning_limit: float
    file: str = "perfspec.json"

    @property
    def max_score(self) -> float:
        return math.fsum(indicator.points for indicator in self.indicators)

    @property
    def in_percent(self) -> bool:
        """Objectives above the sum of all points can only be percentages, as on the talk's slides."""
        return max(self.pass_limit, self.warning_limit) > self.max_score


def parse(text: str | bytes, *, file: str = "perfspec.json") -> PerfSpec:
    """Read a perfspec. Raises InvalidFile with the line and what to do."""
    document = documents.read(text, file=file, kind="perfspec")
    fields.mapping(document, document.data)
    listed = document.data.get("indicators")
    if not isinstance(listed, list) or not listed:
        raise document.error("`indicators` must be a list with at least one indicator", "indicators")
    indicators = tuple(_indicator(document, entry, position) for position, entry in enumerate(listed))
    _check_unique(document, indicators)
    pass_limit, warning_limit = _objectives(document)
    spec = PerfSpec(indicators=indicators, pass_limit=pass_limit, warning_limit=warning_limit, file=file)
    if spec.max_score <= 0:
        raise document.error("no indicator earns points; give at least one a `metricScore` above 0", "indicators")
    _check_limits(document, spec)
    return spec


def _indicator(document: Document, entry: object, position: int) -> Indicator:
    path = ("indicators", position)
    given = fields.mapping(document, entry, *path)
    name = given.get("id")
    if not isinstance(name, str) or not name.strip():
        raise document.error("the indicator has no `id`; give it a name", *path)
    grading, grading_path = _grading(document, given, path)
    source = _source(document, given, path)
    return Indicator(
        id=name,
        source=source,
        query=_query(document, given, source, path),
        points=_points(document, grading, name, grading_path),
        thresholds=_thresholds(document, grading.get("thresholds"), (*grading_path, "thresholds")),
        direction=_direction(document, grading, grading_path),
        ignore_empty=fields.flag(document, grading, "ignoreEmpty", *grading_path),
        metadata=grading.get("metadata"),
    )


def _grading(
    document: Document, given: Mapping[str, Any], path: documents.Path
) -> tuple[Mapping[str, Any], documents.Path]:
    """Where the points and thresholds stand: under `grading`, or beside the id (short form)."""
    if "grading" not in given:
        return given, path
    grading_path = (*path, "grading")
    grading = fields.mapping(document, given["grading"], *grading_path)
    fields.known_keys(document, grading, _GRADING, *grading_path)
    kind = grading.get("type", "Threshold")
    if str(kind).lower() != "threshold":
        raise document.error(f"grading type {kind!r} is not known; the known one is Threshold", *grading_path, "type")
    beside = {key: given[key] for key in ("metricScore", "direction", "ignoreEmpty", "thresholds") if key in given}
    return {**beside, **grading}, grading_path


def _source(document: Document, given: Mapping[str, Any], path: documents.Path) -> str:
    prefix, colon, _ = str(given["id"]).partition(":")
    named = given.get("source", prefix if colon else "")
    if not isinstance(named, str) or (named and named.lower() not in SOURCES):
        known = ", ".join(sorted(SOURCES))
        raise document.error(
            f"source {named!r} is not known; known: {known}", *path, "source" if "source" in given else "id"
        )
    return named.lower()


def _query(document: Document, given: Mapping[str, Any], source: str, path: documents.Path) -> str | Mapping[str, Any]:
    prefix, colon, rest = str(given["id"]).partition(":")
    query = given.get("query", rest if colon and prefix.lower() == source else given["id"])
    if not query or not isinstance(query, str | dict):
        raise document.error("`query` must be a text or an object in the source's language", *path, "query")
    return query


def _points(document: Document, grading: Mapping[str, Any], name: str, path: documents.Path) -> float:
    if "metricScore" not in grading:
        raise document.error(f"indicator {name!r} has no `metricScore`; say how many points it is worth", *path)
    points = fields.number(document, grading["metricScore"], *path, "metricScore")
    if not 0 <= points <= 1e9:
        raise document.error("`metricScore` must be between 0 and 1,000,000,000", *path, "metricScore")
    return points


def _thresholds(document: Document, given: object, path: documents.Path) -> Thresholds | None:
    if given is None or given == {}:
        return None
    limits = fields.mapping(document, given, *path)
    fields.known_keys(document, limits, _THRESHOLDS, *path)
    return Thresholds(
        **{
            _THRESHOLDS[name]: fields.number(document, value, *path, name)
            for name, value in limits.items()
            if value is not None
        }
    )


def _direction(document: Document, grading: Mapping[str, Any], path: documents.Path) -> Direction:
    named = grading.get("direction", "increase")
    return Direction(fields.one_of(document, named, list(Direction), *path, "direction"))


def _objectives_key(document: Document) -> str:
    return "objectives" if "objectives" in document.data else "objective"


def _objectives(document: Document) -> tuple[float, float]:
    key = _objectives_key(document)
    given = document.data.get(key)
    if not isinstance(given, Mapping) or given.get("pass") is None:
        raise document.error("`objectives` must say how many points `pass` needs, and may say what is a `warning`", key)
    fields.known_keys(document, given, {"pass", "warning"}, key)
    pass_limit = fields.number(document, given["pass"], key, "pass")
    warning = given.get("warning")
    return pass_limit, pass_limit if warning is None else fields.number(document, warning, key, "warning")


def _check_limits(document: Document, spec: PerfSpec) -> None:
    """A total that nobody reaches, or that everybody does, is no gate. Raises InvalidFile."""
    key = _objectives_key(document)
    for name, limit in (("pass", spec.pass_limit), ("warning", spec.warning_limit)):
        if limit < 0:
            raise document.error(f"`{name}` must not be negative; it is {limit:g}", key, name)
        if spec.in_percent and limit > 100:
            reason = f"`{name}` {limit:g} can never be reached: all indicators together earn {spec.max_score:g} points"
            raise document.error(f"{reason}, and above that it is read as percent; lower it", key, name)
    if spec.warning_limit > spec.pass_limit:
        reason = f"`warning` {spec.warning_limit:g} is above `pass` {spec.pass_limit:g}: it never warns; exchange them?"
        raise document.error(reason, key, "warning")


def _check_unique(document: Document, indicators: tuple[Indicator, ...]) -> None:
    seen: set[str] = set()
    for position, indicator in enumerate(indicators):
        if indicator.id in seen:
            raise document.error(f"indicator {indicator.id!r} stands twice; ids must differ", "indicators", position)
        seen.add(indicator.id)
