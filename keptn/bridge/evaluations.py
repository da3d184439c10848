"""Evaluations: each objective against its limits and why, the history as a heatmap and as charts, invalidating one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.api import known
from keptn.bridge import commits, looks, orders
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.errors import Unknown
from keptn.evaluation import history
from keptn.events import EVALUATION_INVALIDATED, Scope
from keptn.quality import series
from keptn.quality.series import Point, Scale
from keptn.quality.wording import number
from keptn.web import Answer

WIDTH, HEIGHT = 360, 110
"""Of a chart, in its own units."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 6, 8, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One criterion. number: what it came to; empty: there was nothing to compare with, so it was not applied."""

    criteria: str
    number: str
    violated: bool
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One line of an evaluation. parts: its values by entity where it has several. query: what was asked for it."""

    name: str
    look: Look
    key: bool
    value: str
    compared: str
    limits: Sequence[Limit]
    points: str
    reason: str
    query: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    x: float
    y: float
    point: Point
    look: Look
    evaluation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One objective over time. lines: `x,y x,y …` by kind. high, low: the numbers at its top and its ground."""

    name: str
    look: Look
    latest: str
    limit: str
    lines: Sequence[tuple[str, str]]
    dots: Sequence[Dot]
    high: str
    low: str


def index(visit: Visit) -> Answer:
    """A project's newest, of all stages and services or of those asked for."""
    project, stage, service = visit.path["project"], visit.query("stage"), visit.query("service")
    found = visit.get("evaluation", project, stage=stage, service=service, pageSize=50)["evaluations"]
    shown = [(one, looks.of_result(str(one.get("result", "")))) for one in found]
    return visit.page("evaluations.html", project=project, stage=stage, service=service, found=shown)


def show(visit: Visit) -> Answer:
    """One of them, the newest if none is named, among its neighbours."""
    scope = _scope(visit)
    visit.principal.check_project(scope.project)
    wanted = visit.query("id")
    found = history.around(visit.ctx.store, scope, wanted)
    if not found.records:
        return _nothing(scope, wanted, visit)
    one = next((record for record in found.records if record["id"] == wanted), found.records[0])
    drawn = series.of(found.records)
    columns = list(reversed(found.records))
    return visit.page(
        "evaluation.html",
        scope=scope,
        here=(*visit.slot, "evaluation"),
        one=one,
        look=looks.of_result(str(one.get("result", ""))),
        word=found.words.get(str(one["id"])),
        objectives=[_objective(told, one) for told in series.indicators(one)],
        columns=[
            (record, looks.of_result(str(record["result"])), str(record["id"]) in found.words) for record in columns
        ],
        rows={name: [(point, _look(point)) for point in points] for name, points in drawn.items()},
        charts=[_chart(name, points, columns) for name, points in drawn.items()],
        found=found,
        commit_page=commits.base(scope.project, visit.ctx),
    )


def invalidate(visit: Visit) -> Answer:
    """No later evaluation is compared with it any more."""
    scope, evaluation = _scope(visit), visit.form.get("id", "")
    data = {"project": scope.project, "stage": scope.stage, "service": scope.service}
    body = {
        "type": EVALUATION_INVALIDATED,
        "triggeredid": evaluation,
        "shkeptncontext": visit.form.get("context", ""),
        "data": {**data, "message": visit.form.get("reason", "").strip()},
    }
    said = "It is taken out: later evaluations are not compared with it."
    return orders.ordered(visit, lambda: visit.post("event", body=body), said)


def _nothing(scope: Scope, wanted: str, visit: Visit) -> Answer:
    """Because there is no such service, no such evaluation, or none yet. Raises Unknown."""
    stage = known.stage(scope.project, scope.stage, visit.ctx)
    known.service_in(scope.project, stage, scope.service, visit.ctx)
    if wanted:
        raise Unknown(
            f"there is no evaluation {wanted!r} of {scope.service} in {scope.stage}; they are kept for a time only"
        )
    return visit.page("evaluation_none.html", scope=scope, here=(*visit.slot, "evaluation"))


def _scope(visit: Visit) -> Scope:
    return Scope(project=visit.path["project"], stage=visit.path["stage"], service=visit.path["service"])


def _look(point: Point | None) -> Look:
    return looks.of_result(point.status) if point else looks.NOTHING


def _objective(told: Mapping[str, Any], record: Mapping[str, Any]) -> Objective:
    value = told.get("value") or {}
    asked = ((record.get("measured") or {}).get("candidate") or {}).get(str(value.get("metric"))) or {}
    return Objective(
        name=series.name(told),
        look=looks.of_result(str(told.get("status", ""))),
        key=bool(told.get("keySli")),
        value=_shown(value.get("value")) or "no value",
        compared=_shown(value.get("comparedValue")),
        limits=[*_limits(told, "passTargets", "pass"), *_limits(told, "warningTargets", "warning")],
        points=f"{number(told.get('score') or 0)} of {number(told.get('maxScore') or 0)}",
        reason=str(value.get("message") or asked.get("reason") or ""),
        query=str(asked.get("query") or ""),
        parts={key: _shown(each) for key, each in (asked.get("values") or {}).items() if key},
    )


def _limits(told: Mapping[str, Any], targets: str, kind: str) -> list[Limit]:
    return [
        Limit(
            criteria=str(one.get("criteria", "")),
            number=_shown(one.get("targetValue")),
            violated=bool(one.get("violated")),
            kind=kind,
        )
        for one in told.get(targets) or ()
    ]


def _shown(value: object) -> str:
    return number(value) if isinstance(value, int | float) else ""


def _chart(name: str, points: Sequence[Point | None], columns: Sequence[Mapping[str, Any]]) -> Chart:
    low, high = series.ends(points)
    width, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    scale = Scale(low=low, high=high, left=_LEFT, top=_TOP, width=width, height=height, count=len(points))
    values = [(place, point.value) for place, point in enumerate(points) if point and point.value is not None]
    limits = [(kind, _path(line, scale)) for kind in ("warnings", "limits") for line in series.lines(points, kind)]
    newest = next(point for point in reversed(points) if point)
    return Chart(
        name=name,
        look=_look(newest),
        latest=newest.shown,
        limit=" · ".join(dict.fromkeys(number(one) for one in (*newest.limits, *newest.warnings))),
        lines=[*limits, ("values", _path(values, scale))],
        dots=[_dot(place, point, scale, columns) for place, point in enumerate(points) if point],
        high=number(high),
        low=number(low),
    )


def _path(line: Sequence[tuple[int, float]], scale: Scale) -> str:
    """A limit that one evaluation alone had is a short stroke, not a point that nobody sees."""
    if len(line) == 1:
        ((place, value),) = line
        x, y, half = scale.x(place), scale.y(value), min(scale.width / scale.count / 2, 12)
        return f"{x - half:.1f},{y:.1f} {x + half:.1f},{y:.1f}"
    return " ".join(f"{scale.x(place):.1f},{scale.y(value):.1f}" for place, value in line)


def _dot(place: int, point: Point, scale: Scale, columns: Sequence[Mapping[str, Any]]) -> Dot:
    """A missing value stands on the ground."""
    y = scale.y(point.value if point.value is not None else scale.low)
    evaluation = str(columns[place]["id"])
    return Dot(x=round(scale.x(place), 1), y=round(y, 1), point=point, look=_look(point), evaluation=evaluation)
