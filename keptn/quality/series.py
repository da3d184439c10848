"""The history of each objective as points and limits, and their places in a picture. Pure; the charts draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn import durations
from keptn.quality.wording import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One evaluation of one objective; value None: it was missing. limits: what pass needs; warnings: what warning."""

    value: float | None
    limits: Sequence[float]
    warnings: Sequence[float]
    status: str
    title: str

    @property
    def shown(self) -> str:
        return "no value" if self.value is None else number(self.value)


Series = Mapping[str, Sequence[Point | None]]
"""Objective to a point per evaluation, oldest first; None where an evaluation had no such objective."""


def of(evaluations: Sequence[Mapping[str, Any]]) -> Series:
    """Of stored records, newest first; the objectives in the order in which they came."""
    oldest_first = list(reversed(evaluations))
    names = dict.fromkeys(name(one) for record in oldest_first for one in indicators(record))
    return {known: [_at(known, record) for record in oldest_first] for known in names}


def indicators(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return record.get("indicatorResults") or ()


def name(indicator: Mapping[str, Any]) -> str:
    return str(indicator.get("displayName") or (indicator.get("value") or {}).get("metric") or "")


def targets(indicator: Mapping[str, Any], kind: str) -> Sequence[float]:
    """The numbers that its `passTargets` or `warningTargets` came to; those that were not applied have none."""
    return [one["targetValue"] for one in indicator.get(kind) or () if one.get("targetValue") is not None]


def _at(wanted: str, record: Mapping[str, Any]) -> Point | None:
    return next((_point(one, record) for one in indicators(record) if name(one) == wanted), None)


def _point(indicator: Mapping[str, Any], record: Mapping[str, Any]) -> Point:
    measured = indicator.get("value") or {}
    value = measured.get("value") if measured.get("success", True) else None
    status = str(indicator.get("status"))
    shown = "no value" if value is None else number(value)
    end, message = durations.moment(str(record.get("timeEnd") or "")), str(measured.get("message") or "")
    return Point(
        value=value,
        limits=targets(indicator, "passTargets"),
        warnings=targets(indicator, "warningTargets"),
        status=status,
        title=f"{end} {status}: " + (message if message.startswith(shown) else f"{shown} {message}".strip()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From numbers to places: `count` points from left to left + width, values from low to high upwards."""

    low: float
    high: float
    left: float
    top: float
    width: float
    height: float
    count: int

    def x(self, place: int) -> float:
        return self.left + self.width * (place + 0.5) / max(1, self.count)

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - (value - self.low) / (self.high - self.low))


def ends(points: Sequence[Point | None]) -> tuple[float, float]:
    """The lowest and the highest number to draw; zero is always among them, and they differ."""
    known = [
        one for point in points if point for one in (point.value, *point.limits, *point.warnings) if one is not None
    ]
    low, high = min(0.0, *known, 0.0), max(known, default=1.0)
    return low, high if high > low else low + 1


def lines(points: Sequence[Point | None], kind: str) -> Sequence[Sequence[tuple[int, float]]]:
    """Lines of `limits` or `warnings` as places and numbers: the first limits of all are one line, the second ..."""
    found = [getattr(point, kind) if point else () for point in points]
    most = max(map(len, found), default=0)
    return [[(place, some[n]) for place, some in enumerate(found) if len(some) > n] for n in range(most)]
