"""Indicators from single requests."""

import pytest

from keptn.errors import Refused
from keptn.quality import traffic
from keptn.quality.traffic import Request


def request(start: float = 0, duration: float = 10, *, failed: bool = False, **other: str) -> Request:
    return Request(start=start, duration_ms=duration, failed=failed, **{"method": "GET", "path": "/", **other})


TEN = [request(start=second, duration=10 * (second + 1), failed=second == 9) for second in range(10)]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("response_time_p50", 55),
        ("response_time_p99.9", 99.91),
        ("response_time_p100", 100),
        ("response_time_avg", 55),
        ("response_time_min", 10),
        ("response_time_max", 100),
        ("error_rate", 10),
        ("error_count", 1),
        ("throughput", 0.5),
        ("count", 10),
    ],
)
def test_a_metric(metric: str, value: float) -> None:
    """Milliseconds, percent, requests per second."""
    assert traffic.value(metric, TEN, duration_s=20) == pytest.approx(value)


def test_observations_lie_behind_the_value() -> None:
    """A number per request, or per second for rates."""
    assert list(traffic.observations("error_rate", TEN, start=0, duration_s=10)) == [0.0] * 9 + [100.0]
    assert list(traffic.observations("throughput", TEN, start=0, duration_s=11)) == [1.0] * 10 + [0.0]
    assert list(traffic.observations("error_count", TEN, start=0, duration_s=10)) == [0.0] * 9 + [1.0]
    assert list(traffic.observations("response_time_p50", TEN[:2], start=0, duration_s=10)) == [10, 20]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("count", True),
        ("count?path=/orders", True),
        ("count?path=/order", False),
        ("count?path=/ord*", True),
        ("count?method=post", True),
        ("count?method=GET&path=/orders", False),
        ({"metric": "count", "path": "/orders", "method": "POST"}, True),
    ],
)
def test_filters(query: object, wanted: bool) -> None:
    """By method and by path, exact or by prefix."""
    assert traffic.parse(query).wants(request(method="POST", path="/orders")) is wanted


@pytest.mark.parametrize(
    "query", ["", "p95", "response_time", "response_time_p101", "count?host=a", {"path": "/"}, "x"]
)
def test_what_the_log_does_not_know(query: object) -> None:
    """A query that means nothing is refused with what is known."""
    with pytest.raises(Refused, match="known:"):
        traffic.parse(query)
