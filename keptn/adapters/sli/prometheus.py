"""SLI provider on Prometheus: instant queries at the end of the window, range queries over it. Made by `context.py`.

A query is PromQL with the placeholders of `keptn/quality/placeholders.py`; an object `{query, range: true, step,
aggregate}` asks for the whole window. A bare metric name is averaged over the window for the series that carry the
labels project, stage, service and deployment (the colour). Several series are several entities.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from keptn import durations
from keptn.adapters.http import reach
from keptn.adapters.sli.json_source import JsonSource, NoAnswer, check_host
from keptn.errors import Refused
from keptn.ports import Clock, Secrets, SliQuery, SliSite, SliValue
from keptn.quality import placeholders
from keptn.quality.samples import mean, percentile, thinned
from keptn.settings import Settings

T = TypeVar("T")

_BARE = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SELECTOR = 'project="$PROJECT",stage="$STAGE",service="$SERVICE"'
_LATENCY = "sum by (le) (rate(http_response_time_milliseconds_bucket{%s}[$DURATION_SECONDS]))"
_DEFAULTS = {
    "count": "sum(increase(http_requests_total{%s}[$DURATION_SECONDS]))",
    "throughput": "sum(rate(http_requests_total{%s}[$DURATION_SECONDS]))",
    "error_rate": "100 * (sum(rate(http_requests_total{%s,status=~'5..'}[$DURATION_SECONDS])) or vector(0))"
    " / sum(rate(http_requests_total{%s}[$DURATION_SECONDS]))",
    "response_time_p50": f"histogram_quantile(0.5, {_LATENCY})",
    "response_time_p90": f"histogram_quantile(0.9, {_LATENCY})",
    "response_time_p95": f"histogram_quantile(0.95, {_LATENCY})",
}
"""What prometheus-service offers without a file, and `count`; error_rate in percent, as in the access log's."""
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": mean,
    "min": min,
    "max": max,
    "last": lambda points: points[-1],
    "p50": lambda points: percentile(points, 50),
    "p90": lambda points: percentile(points, 90),
    "p95": lambda points: percentile(points, 95),
    "p99": lambda points: percentile(points, 99),
}
_SAMPLES_PER_WINDOW = 200


class PrometheusSli:
    """Answers from one Prometheus, or anything that speaks its HTTP API (v1)."""

    def __init__(self, source: JsonSource | None) -> None:
        self._source = source

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, clock: Clock, site: SliSite) -> PrometheusSli:
        may = reach.of_slis(settings)
        if site.url:
            check_host(site.url, reach=may)
        if not (url := site.url or settings.prometheus_url):
            return cls(None)
        token = secrets.get(f"prometheus-{site.project}", "token")
        if token is None and not site.url:  # the installation's token goes to the installation's Prometheus alone
            token = secrets.get("prometheus", "token")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return cls(JsonSource("Prometheus", url, headers=headers, sleep=clock.sleep, reach=may if site.url else None))

    def fetch(self, query: SliQuery) -> SliValue:
        text = ""
        try:
            text = _text(query)
            if self._source is None:
                raise Refused("no Prometheus is configured; write its url into monitoring.yaml or KEPTN_PROMETHEUS_URL")
            return _ask(self._source, query, text)
        except (Refused, NoAnswer) as problem:
            return SliValue(indicator=query.indicator, query=text, reason=str(problem), failed=True)


def _ask(source: JsonSource, query: SliQuery, text: str) -> SliValue:
    options = query.query if isinstance(query.query, Mapping) else {}
    ranged = bool(options.get("range"))
    points = _range(source, query, text, options) if ranged or query.samples else {}
    values = _aggregated(points, options) if ranged else _instant(source, query, text)
    known = {key: value for key, value in values.items() if not math.isnan(value)}
    return SliValue(
        indicator=query.indicator,
        query=text,
        values=known,
        samples=thinned([point for _, series in sorted(points.items()) for point in series]),
        reason="" if known else _nothing(values),
    )


def _nothing(values: Mapping[str, float]) -> str:
    return "Prometheus answered NaN (no samples, or a division by zero)" if values else "Prometheus has no such series"


def _instant(source: JsonSource, query: SliQuery, text: str) -> Mapping[str, float]:
    params = {"query": text, "time": f"{query.window.end.timestamp():.3f}"}
    kind, result = _data(source.get("/api/v1/query", params))
    if kind == "scalar":
        return {"": _value(result)}
    if kind != "vector":
        raise NoAnswer(f"the query gives a {kind}, not one number per series; write it as an instant query")
    return _keyed([(series, _value(series.get("value"))) for series in result])


def _range(source: JsonSource, query: SliQuery, text: str, options: Mapping[str, Any]) -> Mapping[str, list[float]]:
    start, end = query.window.start.timestamp(), query.window.end.timestamp()
    params = {"query": text, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{_step(options, end - start):.3f}"}
    kind, result = _data(source.get("/api/v1/query_range", params))
    if kind != "matrix":
        raise NoAnswer(f"the range query gives a {kind}")
    return _keyed([(series, [_value(pair) for pair in series.get("values") or []]) for series in result])


def _step(options: Mapping[str, Any], duration_s: float) -> float:
    if "step" not in options:
        return max(1.0, duration_s / _SAMPLES_PER_WINDOW)
    try:
        return max(0.001, durations.parse(str(options["step"])).total_seconds())
    except ValueError as exc:
        raise Refused(f"the query's step: {exc}") from exc


def _aggregated(points: Mapping[str, list[float]], options: Mapping[str, Any]) -> Mapping[str, float]:
    aggregate = _aggregate(options)
    return {key: aggregate(series) for key, series in points.items() if series}


def _aggregate(options: Mapping[str, Any]) -> Callable[[Sequence[float]], float]:
    name = str(options.get("aggregate", "avg"))
    if name not in _AGGREGATES:
        raise Refused(f"the query's aggregate {name!r} is not known; known: {', '.join(_AGGREGATES)}")
    return _AGGREGATES[name]


def _data(answer: Any) -> tuple[str, Any]:  # noqa: ANN401 - Prometheus's JSON
    """Kind and result of an answer of the HTTP API. Raises NoAnswer for anything else."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("result"), list):
        raise NoAnswer("Prometheus answered in a form that is not its API's")
    kind, result = str(data.get("resultType")), data["result"]
    if kind != "scalar" and not all(isinstance(series, dict) for series in result):
        raise NoAnswer("Prometheus answered in a form that is not its API's")
    return kind, result


def _value(pair: Any) -> float:  # noqa: ANN401 - Prometheus's JSON: [time, "number"]
    try:
        return float(pair[1])
    except (TypeError, ValueError, IndexError, KeyError) as exc:
        raise NoAnswer(f"Prometheus answered {pair!r} where a value belongs") from exc


def _keyed(series: Sequence[tuple[dict[str, Any], T]]) -> dict[str, T]:
    """Entities by what tells their labels apart; the only one is the empty name."""
    if len(series) == 1:
        return {"": series[0][1]}
    labels = [dict(one.get("metric") or {}) for one, _ in series]
    return {_name(each, labels): value for each, (_, value) in zip(labels, series, strict=True)}


def _name(labels: Mapping[str, Any], among: Sequence[Mapping[str, Any]]) -> str:
    differing = [name for name in sorted(labels) if any(other.get(name) != labels[name] for other in among)]
    return ",".join(f"{name}={labels[name]}" for name in differing)


def _text(query: SliQuery) -> str:
    """The PromQL that is asked. Raises Refused."""
    given = query.query.get("query") if isinstance(query.query, Mapping) else query.query
    if not isinstance(given, str) or not given.strip():
        raise Refused("a Prometheus query must be PromQL, or an object with `query`")
    text = given.strip()
    if text in _DEFAULTS:
        text = _DEFAULTS[text].replace("%s", _selector(query))
    elif _BARE.fullmatch(text) and not isinstance(query.query, Mapping):
        text = f"avg_over_time({text}{{{_selector(query)}}}[$DURATION_SECONDS])"
    return placeholders.filled(text, query)


def _selector(query: SliQuery) -> str:
    filters = "".join(f',{name}="{value}"' for name, value in query.filters.items())
    return _SELECTOR + (',deployment="$DEPLOYMENT"' if query.colour else "") + filters
