"""The history of each objective with its limits, as one SVG. Pure; called by `keptn get evaluation --chart`.

One row per objective, oldest left: a line of values, a dot per evaluation in the colour of its status, dashed limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from keptn.quality import series
from keptn.quality.series import Point, Scale
from keptn.quality.wording import number

WIDTH, ROW, LEFT, RIGHT, PADDING = 860, 120, 210, 70, 18
_COLOURS = {"pass": "#2e7d32", "warning": "#ef6c00", "fail": "#c62828", "info": "#546e7a"}
_LIMITS = {"warnings": _COLOURS["warning"], "limits": _COLOURS["fail"]}


def svg(evaluations: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """The chart of evaluations (stored records, newest first)."""
    found = series.of(evaluations)
    rows = [_row(name, points, top=40 + place * ROW) for place, (name, points) in enumerate(found.items())]
    height = 50 + max(1, len(found)) * ROW
    heading = f'<text x="{PADDING}" y="24" font-size="16" font-weight="bold">{escape(title)}</text>'
    empty = "" if found else f'<text x="{PADDING}" y="60" font-size="13">There are no evaluations yet.</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label={quoteattr(title)} font-family="sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{heading}{empty}\n' + "\n".join(rows) + "\n</svg>\n"
    )


def _row(name: str, points: Sequence[Point | None], *, top: int) -> str:
    low, high = series.ends(points)
    size = {"left": LEFT, "top": top + 10, "width": WIDTH - RIGHT - LEFT, "height": ROW - 34}
    scale = Scale(low=low, high=high, count=len(points), **size)
    values = [(place, point.value) for place, point in enumerate(points) if point and point.value is not None]
    ceiling = f'x="{WIDTH - RIGHT + 8}" y="{scale.y(high) + 4:.1f}"'
    latest = next((point for point in reversed(points) if point), None)
    parts = [
        f'<text x="{PADDING}" y="{top + 45}" font-size="13">{escape(name)}</text>',
        f'<text x="{PADDING}" y="{top + 63}" font-size="11" fill="#666">{escape(_latest(latest))}</text>',
        f'<line x1="{LEFT}" y1="{scale.y(low):.1f}" x2="{WIDTH - RIGHT}" y2="{scale.y(low):.1f}" stroke="#ddd"/>',
        f'<text {ceiling} font-size="10" fill="#666">{number(high)}</text>',
        *(
            _line(scale, line, f'stroke="{colour}" stroke-dasharray="4 3"')
            for kind, colour in _LIMITS.items()
            for line in series.lines(points, kind)
        ),
        _line(scale, values, 'stroke="#1565c0" stroke-width="1.5"'),
        *(_dot(scale, place, point) for place, point in enumerate(points) if point),
    ]
    return f"<g>{''.join(parts)}</g>"


def _line(scale: Scale, points: Sequence[tuple[int, float]], style: str) -> str:
    path = " ".join(f"{scale.x(place):.1f},{scale.y(value):.1f}" for place, value in points)
    return f'<polyline fill="none" {style} points="{path}"/>' if path else ""


def _dot(scale: Scale, place: int, point: Point) -> str:
    """A filled dot; a ring on the ground line for a missing value."""
    colour = _COLOURS.get(point.status, "#000")
    fill = colour if point.value is not None else "#fff"
    y = scale.y(point.value if point.value is not None else scale.low)
    title = f"<title>{escape(point.title)}</title>"
    return f'<circle cx="{scale.x(place):.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}">{title}</circle>'


def _latest(point: Point | None) -> str:
    if point is None:
        return ""
    limits = [*point.limits, *point.warnings][:1]
    return f"{point.shown}, {point.status}" + "".join(f", limit {number(limit)}" for limit in limits)
