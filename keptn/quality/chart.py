"""The history of each objective with its limits, as one SVG. Pure; called by `keptn get evaluation --chart`.

One row per objective, oldest left: a line of values, a dot per evaluation in the colour of its status, dashed limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from keptn import durations
from keptn.quality.wording import number

WIDTH, ROW, LEFT, RIGHT, PADDING = 860, 120, 210, 70, 18
_COLOURS = {"pass": "#2e7d32", "warning": "#ef6c00", "fail": "#c62828", "info": "#546e7a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """One evaluation of one objective; value None: it was missing."""

    value: float | None
    limit: float | None
    status: str
    title: str


def svg(evaluations: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """The chart of evaluations (stored records, newest first)."""
    oldest_first = list(reversed(evaluations))
    names = list(dict.fromkeys(_name(one) for record in oldest_first for one in _indicators(record)))
    rows = [_row(name, _points(name, oldest_first), top=40 + place * ROW) for place, name in enumerate(names)]
    height = 50 + max(1, len(names)) * ROW
    heading = f'<text x="{PADDING}" y="24" font-size="16" font-weight="bold">{escape(title)}</text>'
    empty = "" if names else f'<text x="{PADDING}" y="60" font-size="13">There are no evaluations yet.</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label={quoteattr(title)} font-family="sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{heading}{empty}\n' + "\n".join(rows) + "\n</svg>\n"
    )


def _indicators(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return record.get("indicatorResults") or ()


def _name(indicator: Mapping[str, Any]) -> str:
    return str(indicator.get("displayName") or (indicator.get("value") or {}).get("metric") or "")


def _points(name: str, records: Sequence[Mapping[str, Any]]) -> Sequence[_Point | None]:
    """A point per evaluation; None where it had no such objective."""
    return [
        next((_point(one, record) for one in _indicators(record) if _name(one) == name), None) for record in records
    ]


def _point(indicator: Mapping[str, Any], record: Mapping[str, Any]) -> _Point:
    measured = indicator.get("value") or {}
    value = measured.get("value") if measured.get("success", True) else None
    limits = [one["targetValue"] for one in indicator.get("passTargets") or () if one.get("targetValue") is not None]
    status = str(indicator.get("status"))
    shown = "no value" if value is None else number(value)
    end = durations.moment(str(record.get("timeEnd") or ""))
    said = f"{end} {status}: {shown} {measured.get('message') or ''}".strip()
    return _Point(value=value, limit=limits[0] if limits else None, status=status, title=said)


def _row(name: str, points: Sequence[_Point | None], *, top: int) -> str:
    known = [one for point in points if point for one in (point.value, point.limit) if one is not None]
    low, high = min(0.0, *known, 0.0), max(known, default=1.0)
    scale = _Scale(low=low, high=high if high > low else low + 1, top=top + 10, count=len(points))
    limits = [(place, point.limit) for place, point in enumerate(points) if point and point.limit is not None]
    values = [(place, point.value) for place, point in enumerate(points) if point and point.value is not None]
    ceiling = f'x="{WIDTH - RIGHT + 8}" y="{scale.y(scale.high) + 4:.1f}"'
    latest = next((point for point in reversed(points) if point), None)
    parts = [
        f'<text x="{PADDING}" y="{top + 45}" font-size="13">{escape(name)}</text>',
        f'<text x="{PADDING}" y="{top + 63}" font-size="11" fill="#666">{escape(_latest(latest))}</text>',
        f'<line x1="{LEFT}" y1="{scale.y(low):.1f}" x2="{WIDTH - RIGHT}" y2="{scale.y(low):.1f}" stroke="#ddd"/>',
        f'<text {ceiling} font-size="10" fill="#666">{number(high)}</text>',
        _line(scale, limits, 'stroke="#c62828" stroke-dasharray="4 3"'),
        _line(scale, values, 'stroke="#1565c0" stroke-width="1.5"'),
        *(_dot(scale, place, point) for place, point in enumerate(points) if point),
    ]
    return f"<g>{''.join(parts)}</g>"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From numbers to places in one row."""

    low: float
    high: float
    top: int
    count: int

    def x(self, place: int) -> float:
        width = WIDTH - RIGHT - LEFT
        return LEFT + width * (place + 0.5) / max(1, self.count)

    def y(self, value: float) -> float:
        height = ROW - 34
        return self.top + height * (1 - (value - self.low) / (self.high - self.low))


def _line(scale: _Scale, points: Sequence[tuple[int, float]], style: str) -> str:
    path = " ".join(f"{scale.x(place):.1f},{scale.y(value):.1f}" for place, value in points)
    return f'<polyline fill="none" {style} points="{path}"/>' if path else ""


def _dot(scale: _Scale, place: int, point: _Point) -> str:
    """A filled dot; a ring on the ground line for a missing value."""
    colour = _COLOURS.get(point.status, "#000")
    fill = colour if point.value is not None else "#fff"
    y = scale.y(point.value if point.value is not None else scale.low)
    title = f"<title>{escape(point.title)}</title>"
    return f'<circle cx="{scale.x(place):.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}">{title}</circle>'


def _latest(point: _Point | None) -> str:
    if point is None:
        return ""
    shown = "no value" if point.value is None else number(point.value)
    return f"{shown}, {point.status}" + (f", limit {number(point.limit)}" if point.limit is not None else "")
