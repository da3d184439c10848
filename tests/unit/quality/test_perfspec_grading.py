"""Points, halves, verdicts: every rule of a perfspec's grading."""

import json

import pytest

from keptn.ports import SliValue
from keptn.quality import perfspec, perfspec_gate
from keptn.quality.perfspec_grading import PerfSpecResult, grade
from keptn.quality.verdict import Evidence


def value(*numbers: float, query: str = "", failed: bool = False, reason: str = "") -> SliValue:
    keyed = {"" if len(numbers) == 1 else f"pod-{place}": one for place, one in enumerate(numbers)}
    return SliValue(indicator="rt", query=query, values=keyed, reason=reason, failed=failed)


def graded(indicator: dict, measured: SliValue | None, live: object = None, previous: object = None) -> PerfSpecResult:
    entry = {"id": "rt", "source": "Envoy", "metricScore": 100} | indicator
    spec = perfspec.parse(json.dumps({"indicators": [entry], "objectives": {"pass": 90, "warning": 50}}))
    lived = None if live is None else {"rt": live}
    before = None if previous is None else {"rt": previous}
    return grade(spec, {"rt": measured} if measured else {}, live=lived, previous=before)


UPPER = {"thresholds": {"upperWarning": 100, "upperSevere": 200}}
LOWER = {"thresholds": {"lowerWarning": 100, "lowerSevere": 50}}
CROSSED = {"thresholds": {"lowerWarning": 300, "upperWarning": 100}}
ZERO = {"thresholds": {"upperSevere": 0}}


@pytest.mark.parametrize(
    ("indicator", "numbers", "score", "breaches"),
    [
        (UPPER, [99.9], 100, []),
        (UPPER, [100], 50, ["upperWarning"]),
        (UPPER, [200], 0, ["upperSevere"]),
        (LOWER, [100.1], 100, []),
        (LOWER, [100], 50, ["lowerWarning"]),
        (LOWER, [50], 0, ["lowerSevere"]),
        (CROSSED, [200], 25, ["lowerWarning", "upperWarning"]),
        (ZERO, [0], 0, ["upperSevere"]),
        (ZERO, [-1], 100, []),
        (UPPER, [10, 150, 120], 50, ["upperWarning", "upperWarning"]),
        (UPPER, [10, 250], 0, ["upperSevere"]),
        (UPPER, [10, float("nan")], 0, ["missing"]),
    ],
)
def test_points_of_thresholds(indicator: dict, numbers: list[float], score: float, breaches: list[str]) -> None:
    """At a limit is beyond it; severe earns nothing, each warned side halves, the worst entity counts, 0 is a limit."""
    (only,) = graded(indicator, value(*numbers)).indicators
    assert only.score == score
    assert [violation.breach for violation in only.violations] == breaches


@pytest.mark.parametrize(
    ("measured", "live", "score"),
    [
        (100, 100, 100),
        (109, 100, 100),
        (110, 100, 50),
        (124, 100, 50),
        (125, 100, 0),
        (0, 0, 100),
        (0.1, 0, 0),
        (50, 100, 100),
        (-9, -10, 50),
    ],
)
def test_without_thresholds_the_live_version_is_the_measure(measured: float, live: float, score: float) -> None:
    """10 % worse is a warning, 25 % a failure, and an unchanged value never fails, not even at zero."""
    (only,) = graded({}, value(measured, query="green"), value(live, query="blue")).indicators
    assert only.score == score
    assert only.compared == {"": live}


@pytest.mark.parametrize(
    ("direction", "measured", "score"),
    [("decrease", 90, 50), ("decrease", 75, 0), ("decrease", 200, 100), ("either", 90, 50), ("either", 125, 0)],
)
def test_direction_says_what_is_worse(direction: str, measured: float, score: float) -> None:
    """Throughput gets worse when it falls."""
    (only,) = graded({"direction": direction}, value(measured), value(100)).indicators
    assert only.score == score


def test_nothing_to_compare_with_earns_the_points_and_says_so() -> None:
    """The first version of a service in a stage has no live version beside it."""
    verdict = graded({}, value(100))
    assert (verdict.result, verdict.total_score) == ("pass", 100)
    assert "no live version to compare with" in verdict.message


def test_a_live_version_without_a_value_is_no_pass() -> None:
    """A live version that could not be measured is not the same as none."""
    verdict = graded({}, value(100), SliValue(indicator="rt", query="", reason="no requests"))
    assert verdict.result == "fail"
    assert "no requests" in verdict.message


def test_a_query_that_cannot_tell_the_versions_apart_is_no_pass() -> None:
    """Comparing a version with itself would always pass."""
    verdict = graded({}, value(100, query="up"), value(100, query="up"))
    assert verdict.result == "fail"
    assert "$DEPLOYMENT" in verdict.message


def test_entities_of_other_names_are_compared_with_the_mean() -> None:
    """Pods of two versions never share a name."""
    live = SliValue(indicator="rt", query="", values={"old-1": 90.0, "old-2": 110.0})
    (only,) = graded({}, value(100, 126), live).indicators
    assert only.compared == {"pod-0": 100.0, "pod-1": 100.0}
    assert only.score == 0


@pytest.mark.parametrize(
    ("measured", "ignore_empty", "score"),
    [
        (None, False, 0),
        (value(), False, 0),
        (value(), True, 100),
        (value(failed=True, reason="Prometheus did not answer"), True, 0),
    ],
)
def test_a_missing_value_earns_nothing(measured: SliValue | None, ignore_empty: bool, score: float) -> None:
    """Unless the file says that empty is fine; a provider that failed is never fine."""
    verdict = graded(UPPER | {"ignoreEmpty": ignore_empty}, measured)
    assert verdict.total_score == score


@pytest.mark.parametrize(
    ("thresholds", "measured", "previous", "score"),
    [
        ({"upperSeverePerc": 20, "upperWarningPerc": 10}, 109, 100, 100),
        ({"upperSeverePerc": 20, "upperWarningPerc": 10}, 110, 100, 50),
        ({"upperSeverePerc": 20, "upperWarningPerc": 10}, 120, 100, 0),
        ({"lowerSeverePerc": 20, "lowerWarningPerc": 10}, 90, 100, 50),
        ({"lowerSeverePerc": 20, "lowerWarningPerc": 10}, 80, 100, 0),
        ({"upperSeverePerc": 20}, 999, None, 100),
        ({"upperSeverePerc": 20, "upperSevere": 500}, 400, 100, 0),
        ({"upperSeverePerc": 20, "upperSevere": 500}, 500, None, 0),
        ({"upperSeverePerc": 20}, 0, 0, 100),
    ],
)
def test_percentages_are_of_the_previous_run(
    thresholds: dict, measured: float, previous: float | None, score: float
) -> None:
    """A percentage replaces its absolute twin where there is a previous run, and is not applied where there is none."""
    before = None if previous is None else {"": float(previous)}
    assert graded({"thresholds": thresholds}, value(measured), previous=before).total_score == score


@pytest.mark.parametrize(
    ("points", "objectives", "measured", "result"),
    [
        ([60, 40], {"pass": 90, "warning": 60}, [1, 1], "pass"),
        ([60, 40], {"pass": 90, "warning": 60}, [1, 999], "warning"),
        ([60, 40], {"pass": 90, "warning": 60}, [999, 1], "fail"),
        ([60, 40], {"pass": 90}, [1, 999], "fail"),
        ([6, 4], {"pass": 90, "warning": 60}, [1, 1], "pass"),
        ([6, 4], {"pass": 90, "warning": 60}, [1, 999], "warning"),
        ([6, 4], {"pass": 10, "warning": 6}, [1, 999], "warning"),
        ([0.1, 0.2], {"pass": 100}, [1, 1], "pass"),
    ],
)
def test_verdicts(points: list[float], objectives: dict, measured: list[float], result: str) -> None:
    """The sum of points against the objectives, as points, or as percentages where they exceed the sum."""
    entries = [{"id": str(n), "source": "Envoy", "metricScore": p} | UPPER for n, p in enumerate(points)]
    spec = perfspec.parse(json.dumps({"indicators": entries, "objectives": objectives}))
    verdict = grade(spec, {str(n): value(m) for n, m in enumerate(measured)})
    assert verdict.result == result
    assert ("percentages" in verdict.message) == spec.in_percent


def test_every_violation_is_explained() -> None:
    """A person reads which value was beyond which limit."""
    verdict = graded(UPPER, value(1, 250))
    assert "rt: pod-1: 250 is beyond upperSevere 200" in verdict.message


@pytest.mark.parametrize(
    ("candidate", "live", "no_data"),
    [
        ({}, {"b": value(1)}, True),
        ({"a": value(), "b": value(1, query="g")}, {"b": value(1)}, True),
        ({"a": value(1), "b": value(1, query="g")}, {"b": value()}, True),
        ({"a": value(3), "b": value(1, query="g")}, {"b": value()}, False),
        ({"a": value(1), "b": value(9, query="g")}, {"b": value(1)}, False),
        ({"a": value(1), "b": value(1, query="g")}, {"b": value(1)}, False),
    ],
)
def test_a_failure_for_want_of_data_says_so(candidate: dict, live: dict, no_data: bool) -> None:
    """Whoever remembers what a version did wrong must know that nothing measured speaks against it."""
    limited = {"id": "a", "source": "Envoy", "metricScore": 50, "thresholds": {"upperSevere": 2}}
    compared = {"id": "b", "source": "Envoy", "metricScore": 50}
    text = json.dumps({"indicators": [limited, compared], "objectives": {"pass": 90}})
    verdict = perfspec_gate.PerfSpecGate(spec=perfspec.parse(text)).judge(Evidence(candidate=candidate, live=live))
    assert verdict.no_data is no_data
