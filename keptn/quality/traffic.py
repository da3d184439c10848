"""Indicators computed from single requests, as an access log has them. Pure; called by the Envoy provider.

A query is the name of a metric, `response_time_p95`, with filters if wanted: `error_rate?path=/orders*&method=POST`, or
the same as an object. Response times are in milliseconds, `error_rate` in percent of requests, `throughput` in requests
per second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from keptn.errors import Refused
from keptn.quality.samples import mean, percentile

METRICS = ("response_time_p50 (any percentile), _avg, _min, _max", "error_rate", "error_count", "throughput", "count")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
_PLAIN = {"error_rate", "error_count", "throughput", "count"}
_OF_TIMES: Mapping[str, Callable[[Sequence[float]], float]] = {"avg": mean, "mean": mean, "min": min, "max": max}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. start: seconds since 1970. failed: the service answered with 5xx, or not at all."""

    start: float
    duration_ms: float
    failed: bool
    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficQuery:
    """What to compute, of which requests. path: exact, or with `*` at its end a prefix; empty: any."""

    metric: str = ""
    path: str = ""
    method: str = ""

    def wants(self, request: Request) -> bool:
        if self.method and request.method.upper() != self.method.upper():
            return False
        if self.path.endswith("*"):
            return request.path.startswith(self.path[:-1])
        return not self.path or request.path == self.path


def parse(query: str | Mapping[str, Any]) -> TrafficQuery:
    """Read a query. Raises Refused with what is known."""
    fields = dict(query) if isinstance(query, Mapping) else _from_text(query)
    unknown = sorted(str(name) for name in fields if name not in {"metric", "path", "method"})
    if unknown:
        raise Refused(f"{unknown[0]!r} is no filter of access log queries; known: path, method")
    wanted = TrafficQuery(**{name: str(value) for name, value in fields.items()})
    if wanted.metric not in _PLAIN and not _aggregate(wanted.metric):
        raise Refused(f"the access log knows no metric {wanted.metric!r}; known: {', '.join(METRICS)}")
    return wanted


def value(metric: str, requests: Sequence[Request], *, duration_s: float) -> float:
    """The metric over the requests, of which there is at least one."""
    if metric == "throughput":
        return len(requests) / duration_s
    if metric == "count":
        return float(len(requests))
    if metric in {"error_rate", "error_count"}:
        failures = sum(request.failed for request in requests)
        return 100 * failures / len(requests) if metric == "error_rate" else float(failures)
    times = [request.duration_ms for request in requests]
    aggregate = _aggregate(metric)
    if match := _PERCENTILE.fullmatch(aggregate):
        return percentile(times, float(match[1]))
    return _OF_TIMES[aggregate](times)


def observations(metric: str, requests: Sequence[Request], *, start: float, duration_s: float) -> Sequence[float]:
    """What the metric was computed from: a number per request, for rates and counts a number per whole second."""
    if metric in {"throughput", "count", "error_count"}:
        counts = [0.0] * max(1, int(duration_s))
        for request in requests:
            place = int(request.start - start)
            if place < len(counts) and (metric != "error_count" or request.failed):
                counts[place] += 1
        return counts
    if metric == "error_rate":
        return [100.0 if request.failed else 0.0 for request in requests]
    return [request.duration_ms for request in requests]


def _from_text(query: str) -> dict[str, str]:
    metric, _, filters = query.strip().partition("?")
    return {"metric": metric, **dict(parse_qsl(filters, keep_blank_values=True))}


def _aggregate(metric: str) -> str:
    """`p95` of `response_time_p95`; empty if the metric is none of the response time's."""
    aggregate = metric.removeprefix("response_time_")
    known = aggregate in _OF_TIMES or _PERCENTILE.fullmatch(aggregate)
    return aggregate if known and aggregate != metric else ""
