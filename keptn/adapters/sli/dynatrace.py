"""SLI provider on Dynatrace: metrics v2, problems, SLOs, and the talk's classic timeseries. Made by `context.py`.

A query is a metric selector (`MV2;MicroSecond;metricSelector=…`, `metricSelector=…&entitySelector=…`, or the selector
alone), `PV2;problemSelector=…` (how many problems), `SLO;<id>` (its percentage), or Pitometer's object
`{timeseriesId, aggregation}`. Several entities are several values. Source: Dynatrace API v2 and v1 (timeseries).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from keptn.adapters.http import reach
from keptn.adapters.sli.json_source import JsonSource, NoAnswer, check_host
from keptn.errors import Refused
from keptn.ports import Clock, Secrets, SliQuery, SliSite, SliValue
from keptn.quality import placeholders
from keptn.quality.samples import mean, thinned
from keptn.settings import Settings

SECRET = "dynatrace"  # noqa: S105 - the name of the installation's
_MOST_PAGES = 20
_UNITS = {"microsecond": 1000.0, "byte": 1024.0}
"""`MV2;<unit>;` as dynatrace-service reads it: microseconds become milliseconds, bytes kibibytes."""


class DynatraceSli:
    """Answers from one environment. secret: that holds its token, and its address unless the project's file does."""

    def __init__(self, source: JsonSource | None, *, secret: str = SECRET) -> None:
        self._source, self._secret = source, secret

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, clock: Clock, site: SliSite) -> DynatraceSli:
        may = reach.of_slis(settings)
        if site.url:
            check_host(site.url, reach=may)
        secret = f"dynatrace-{site.project}"
        if not site.url and secrets.get(secret, "token") is None:
            secret = SECRET  # which goes to its own address alone
        url, token = site.url or secrets.get(secret, "url"), secrets.get(secret, "token")
        if not url or not token:
            return cls(None, secret=secret)
        headers = {"authorization": f"Api-Token {token}"}
        return cls(JsonSource("Dynatrace", url, headers=headers, sleep=clock.sleep, reach=may))

    def fetch(self, query: SliQuery) -> SliValue:
        shown = str(query.query)
        try:
            if self._source is None:
                raise Refused(
                    f"Dynatrace is not configured; say keptn create secret {self._secret} with the keys url and token"
                )
            if isinstance(query.query, Mapping):
                return _timeseries(self._source, query)
            shown = placeholders.filled(query.query.strip(), query)
            return _asked(self._source, query, shown)
        except (Refused, NoAnswer) as problem:
            return SliValue(indicator=query.indicator, query=shown, reason=str(problem), failed=True)


def _asked(source: JsonSource, query: SliQuery, text: str) -> SliValue:
    if text.startswith("PV2;"):
        found = source.get("/api/v2/problems", {**_pairs(text[4:]), **_window(query)})
        return _one(query, text, _finite(_field(found, "totalCount")))
    if text.startswith("SLO;"):
        found = source.get(f"/api/v2/slo/{quote(text[4:], safe='')}", {**_window(query), "timeFrame": "GTF"})
        return _one(query, text, _finite(_field(found, "evaluatedPercentage")))
    scale = 1.0
    if text.startswith("MV2;"):
        _, unit, text = (*text.split(";", 2), "")[:3]
        scale = _UNITS.get(unit.lower(), 1.0)
    return _metric(source, query, text, scale=scale)


def _metric(source: JsonSource, query: SliQuery, text: str, *, scale: float) -> SliValue:
    selector = text if text.startswith(("metricSelector=", "entitySelector=")) else f"metricSelector={text}"
    params = {**_pairs(selector), **_window(query), "resolution": "1m" if query.samples else "Inf"}
    series: dict[str, list[float]] = {}
    for _ in range(_MOST_PAGES):
        answer = source.get("/api/v2/metrics/query", params)
        for entity, points in _series(answer):
            series.setdefault(entity, []).extend(point / scale for point in points)
        if not (key := _field(answer, "nextPageKey", default=None)):
            break
        params = {"nextPageKey": str(key)}
    else:
        raise NoAnswer(f"Dynatrace has more than {_MOST_PAGES} pages for this query; narrow it")
    return _entities(query, text, series)


def _series(answer: Any) -> Sequence[tuple[str, list[float]]]:  # noqa: ANN401 - Dynatrace's JSON
    found = []
    for result in _list(_field(answer, "result")):
        for one in _list(_field(result, "data")):
            points = [_finite(value) for value in _list(_field(one, "values")) if value is not None]
            found.append((",".join(str(part) for part in _list(_field(one, "dimensions", default=[]))), points))
    return found


def _timeseries(source: JsonSource, query: SliQuery) -> SliValue:
    """Pitometer's queries of the talk's time, against the timeseries API v1."""
    options = (
        {str(name): value for name, value in dict(query.query).items()} if isinstance(query.query, Mapping) else {}
    )
    identifier = options.pop("timeseriesId", None)
    if not identifier:
        raise Refused("a Dynatrace query object needs a `timeseriesId`; or write a metrics v2 selector")
    params = {
        "startTimestamp": str(int(query.window.start.timestamp() * 1000)),
        "endTimestamp": str(int(query.window.end.timestamp() * 1000)),
        "includeData": "true",
        "queryMode": "TOTAL",
        **{
            name: ",".join(map(str, value)) if isinstance(value, list) else placeholders.filled(str(value), query)
            for name, value in options.items()
            if name in {"aggregation", "aggregationType", "entity", "tag", "percentile", "entityIds", "tags"}
        },
    }
    params["aggregationType"] = str(params.pop("aggregation", params.get("aggregationType", "avg"))).lower()
    answer = source.get(f"/api/v1/timeseries/{quote(str(identifier), safe=':')}", params)
    points = _field(_field(answer, "dataResult", default=answer), "dataPoints")
    series = {
        str(entity): [
            _finite(pair[1])
            for pair in _list(pairs)
            if isinstance(pair, list) and len(pair) == 2 and pair[1] is not None
        ]
        for entity, pairs in (points.items() if isinstance(points, dict) else ())
    }
    return _entities(query, f"timeseriesId={identifier}", series)


def _entities(query: SliQuery, shown: str, series: Mapping[str, Sequence[float]]) -> SliValue:
    known = {entity: points for entity, points in series.items() if points}
    if not known:
        return SliValue(indicator=query.indicator, query=shown, reason="Dynatrace has no data points in the window")
    alone = len(known) == 1
    return SliValue(
        indicator=query.indicator,
        query=shown,
        values={"" if alone else entity: mean(points) for entity, points in known.items()},
        samples=thinned([point for _, points in sorted(known.items()) for point in points]) if query.samples else (),
    )


def _one(query: SliQuery, shown: str, value: float) -> SliValue:
    return SliValue(indicator=query.indicator, query=shown, values={"": value})


def _window(query: SliQuery) -> Mapping[str, str]:
    start, end = (int(moment.timestamp() * 1000) for moment in (query.window.start, query.window.end))
    return {"from": str(start), "to": str(end)}


def _pairs(text: str) -> Mapping[str, str]:
    """`a=b&c=d`, whose values may hold `=` and quoted `&`-free selectors."""
    return dict(part.partition("=")[::2] for part in text.split("&") if part)


def _field(value: Any, name: str, **default: Any) -> Any:  # noqa: ANN401 - Dynatrace's JSON
    if isinstance(value, dict) and name in value:
        return value[name]
    if default:
        return default["default"]
    raise NoAnswer(f"Dynatrace answered in another form than its API's: {name} is missing")


def _list(value: Any) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, list):
        raise NoAnswer("Dynatrace answered in another form than its API's")
    return value


def _finite(value: Any) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NoAnswer(f"Dynatrace answered {str(value)[:40]!r} where a number belongs")
    return float(value)
