"""Every rule of an SLO's verdict."""

import math

import pytest

from keptn.ports import SliValue
from keptn.quality import slo, slo_grading
from keptn.quality.verdict import Evidence, Previous, Verdict

RELATIVE = "{sli: rt, pass: [{criteria: ['<=+10%', '<600']}], warning: [{criteria: ['<=800']}]}"


def measured(query: str = "", **values: object) -> dict[str, SliValue]:
    return {name: _value(name, value, query) for name, value in values.items()}


def _value(name: str, value: object, query: str) -> SliValue:
    if isinstance(value, SliValue):
        return value
    if value is None:
        return SliValue(indicator=name, query=query, reason="the provider is away", failed=True)
    if isinstance(value, list):
        return SliValue(indicator=name, query=query, values={"": sum(value) / len(value)}, samples=value)
    return SliValue(indicator=name, query=query, values=value if isinstance(value, dict) else {"": float(value)})


def verdict(
    objectives: str, candidate: dict, *, live: dict | None = None, previous: tuple = (), more: str = ""
) -> Verdict:
    text = f"total_score: {{pass: '90%', warning: '75%'}}\n{more}\nobjectives: [{objectives}]"
    evidence = Evidence(
        candidate=measured("green", **candidate), live=live and measured("blue", **live), previous=previous
    )
    return slo_grading.grade(slo.parse(text), evidence)


def before(value: float | None, *, result: str = "pass", invalidated: bool = False, name: str = "a") -> Previous:
    values = {} if value is None else {"rt": {"": value}}
    return Previous(id=name, result=result, values=values, invalidated=invalidated)


@pytest.mark.parametrize(
    ("value", "status", "score"),
    [(599, "pass", 1), (600, "warning", 0.5), (800, "warning", 0.5), (801, "fail", 0), (-5, "pass", 1)],
)
def test_pass_warning_fail(value: float, status: str, score: float) -> None:
    """Without an earlier value the relative criterion holds; a warning is worth half."""
    (only,) = verdict(RELATIVE, {"rt": value}).objectives
    assert (only.status, only.score) == (status, score)
    assert only.pass_targets[0].target is None
    assert not only.pass_targets[0].violated


@pytest.mark.parametrize(("value", "status"), [(440, "pass"), (440.1, "warning")])
def test_relative_criteria_look_at_earlier_evaluations(value: float, status: str) -> None:
    """The target and what it was computed from are told."""
    (only,) = verdict(RELATIVE, {"rt": value}, previous=(before(400),)).objectives
    assert (only.status, only.compared, only.pass_targets[0].target) == (status, 400, 440)


@pytest.mark.parametrize(
    ("first", "second", "status"), [("<5", ">100", "fail"), ("<5", ">10", "pass"), ("<50", ">100", "pass")]
)
def test_one_set_of_criteria_is_enough(first: str, second: str, status: str) -> None:
    """OR between the list's items, AND within one."""
    objective = f"{{sli: rt, pass: [{{criteria: ['{first}']}}, {{criteria: ['{second}', '<90']}}]}}"
    (only,) = verdict(objective, {"rt": 20}).objectives
    assert only.status == status
    assert len(only.pass_targets) == 3


COMPARISON = "comparison: {compare_with: several_results, number_of_comparison_results: %s, include_result_with_score: %s, aggregate_function: %s}"  # noqa: E501


@pytest.mark.parametrize(
    ("number", "include", "function", "compared"),
    [
        (1, "all", "avg", 900),
        (2, "all", "avg", 500),
        (3, "pass", "avg", 200),
        (3, "pass_or_warn", "avg", 400 / 3),
        (9, "pass_or_warn", "p50", 100),
        (9, "pass", "p90", 300),
    ],
)
def test_which_evaluations_are_compared(number: int, include: str, function: str, compared: float) -> None:
    """Newest first, by result, without invalidated ones, aggregated."""
    previous = (
        before(900, result="fail", name="f"),
        before(5000, invalidated=True, name="i"),
        before(100, name="p1"),
        before(0, result="warning", name="w"),
        before(300, name="p2"),
    )
    more = COMPARISON % (number, include, function)
    (only,) = verdict(RELATIVE, {"rt": 1}, previous=previous, more=more).objectives
    assert only.compared == pytest.approx(compared)


def test_an_earlier_evaluation_without_the_value_is_passed_over() -> None:
    """It counts as one that was looked at, and gives no number."""
    (only,) = verdict(
        RELATIVE, {"rt": 1}, previous=(before(None), before(7, name="b")), more=COMPARISON % (2, "all", "avg")
    ).objectives
    assert only.compared == 7


@pytest.mark.parametrize(("function", "value"), [("avg", 2.5), ("p50", 2.5), ("p90", 4), ("p95", 4)])
def test_aggregates(function: str, value: float) -> None:
    """Percentiles lie at position p·(n+1), interpolated, within the samples."""
    assert slo_grading.aggregated([4, 2, 1, 3], function) == value
    assert slo_grading.aggregated([7], function) == 7


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, {}])
def test_a_missing_value_fails_its_objective(missing: object) -> None:
    """Whatever the criteria say; and the reason is told."""
    found = verdict(RELATIVE, {"rt": missing})
    assert (found.result, found.score) == ("fail", 0)
    assert found.objectives[0].message
    assert verdict(RELATIVE, {}).result == "fail"


INFO = "{sli: info}"
TWO = "{sli: a, weight: 3, pass: [{criteria: ['<5']}]}, "
TWO += "{sli: b, pass: [{criteria: ['<5']}], warning: [{criteria: ['<9']}]}"


@pytest.mark.parametrize(
    ("candidate", "result", "score"),
    [
        ({"a": 1, "b": 1}, "pass", 100),
        ({"a": 1, "b": 7}, "warning", 87.5),
        ({"a": 1, "b": 10}, "warning", 75),
        ({"a": 9, "b": 1}, "fail", 25),
    ],
)
def test_the_score_is_the_weighted_share(candidate: dict, result: str, score: float) -> None:
    """Informational objectives do not count, and a limit that is just reached is reached."""
    found = verdict(f"{TWO}, {INFO}", {**candidate, "info": 5})
    assert (found.result, found.score) == (result, score)
    assert found.objectives[2].status == "info"


def test_a_failed_key_sli_decides_and_a_warned_one_does_not() -> None:
    """Whatever the score is."""
    key = TWO.replace("{sli: b,", "{sli: b, key_sli: true,")
    assert verdict(key, {"a": 1, "b": 10}).result == "fail"
    assert verdict(key, {"a": 1, "b": 7}).result == "warning"


def test_only_informational_objectives_pass_and_say_so() -> None:
    """Nobody set a limit."""
    found = verdict(INFO, {"info": 5})
    assert (found.result, found.score) == ("pass", 100)
    assert "nobody set a limit" in found.message


def test_no_objectives_fail() -> None:
    """An empty gate is not an open one."""
    assert verdict("", {}).result == "fail"


BASELINE = "{sli: rt, compare: baseline, pass: [{criteria: ['<=+10%']}]}"


@pytest.mark.parametrize(
    ("candidate", "live", "status", "says"),
    [
        (110, {"rt": 100}, "pass", ""),
        (111, {"rt": 100}, "fail", "111 does not meet <=+10% (110)"),
        (111, {"rt": None}, "fail", "the provider is away"),
        (111, {}, "fail", "no value was received"),
        (111, {"rt": math.nan}, "fail", "no value"),
        (111, None, "pass", "no live version to compare with"),
    ],
)
def test_the_live_version_as_baseline(candidate: float, live: dict | None, status: str, says: str) -> None:
    """Relative criteria hold against it; one that could not be measured is no pass, one that does not exist is told."""
    (only,) = verdict(BASELINE, {"rt": candidate}, live=live, previous=(before(1),)).objectives
    assert only.status == status
    assert says in only.message


def test_a_query_that_does_not_tell_versions_apart_is_no_pass() -> None:
    """A version must not be compared with itself."""
    same = SliValue(indicator="rt", query="up", values={"": 5.0})
    (only,) = verdict(BASELINE, {"rt": same}, live={"rt": same}).objectives
    assert only.status == "fail"


JUDGED = "{sli: rt, judge: {direction: increase}}"


@pytest.mark.parametrize(("shift", "status"), [(0.0, "pass"), (-9.0, "pass"), (9.0, "fail")])
def test_the_judge_compares_samples(shift: float, status: str) -> None:
    """It may be an objective's only limit."""
    base = [10.0 + place % 7 for place in range(50)]
    found = verdict(JUDGED, {"rt": [one + shift for one in base]}, live={"rt": base})
    assert found.objectives[0].status == status
    assert found.result == status


def test_a_judge_without_samples_is_no_pass() -> None:
    """A value alone is not enough for statistics."""
    assert verdict(JUDGED, {"rt": 5}, live={"rt": 5}).result == "fail"


def test_an_objective_holds_for_every_entity() -> None:
    """Several series: the worst decides."""
    assert verdict(RELATIVE, {"rt": {"a": 5.0, "b": 900.0}}).result == "fail"
    assert verdict(RELATIVE, {"rt": {"a": 5.0, "b": 9.0}}).result == "pass"


LIMIT = "{sli: rt, pass: [{criteria: ['<600']}]}, {sli: errors, pass: [{criteria: ['<1']}]}"
BASELINE = "{sli: rt, compare: baseline, pass: [{criteria: ['<=+10%']}]}"
SAMPLED = "{sli: rt, judge: true}"


@pytest.mark.parametrize(
    ("objectives", "candidate", "live", "no_data"),
    [
        (LIMIT, {}, None, True),
        (LIMIT, {"rt": 1, "errors": None}, None, True),
        (LIMIT, {"rt": 601, "errors": None}, None, False),
        (LIMIT, {"rt": 601, "errors": 1}, None, False),
        (LIMIT, {"rt": 1, "errors": 0}, None, False),
        (BASELINE, {"rt": 1}, {"rt": None}, True),
        (BASELINE, {"rt": 2}, {"rt": 1}, False),
        (SAMPLED, {"rt": [1.0] * 20}, {"rt": SliValue(indicator="rt", query="", values={"": 1.0})}, True),
        (SAMPLED, {"rt": [9.0, 9.1] * 20}, {"rt": [1.0, 1.1] * 20}, False),
        ("{sli: rt, key_sli: true}, {sli: errors, pass: [{criteria: ['<1']}]}", {"errors": 0}, None, True),
    ],
)
def test_a_failure_for_want_of_data_says_so(objectives: str, candidate: dict, live: dict | None, no_data: bool) -> None:
    """Whoever remembers what a version did wrong must know that nothing measured speaks against it."""
    assert verdict(objectives, candidate, live=live).no_data is no_data
