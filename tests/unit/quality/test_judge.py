"""The statistical judge: the test behind it, each metric's classification, and the score."""

import json
import random

import pytest

from keptn.errors import InvalidFile
from keptn.quality import judge_config, judge_score, mann_whitney
from keptn.quality.judge_score import Judgement

BASE = [float(10 + place % 7) for place in range(60)]
HIGHER = [value + 10 for value in BASE]


def judged(*metrics: dict, baseline: dict, candidate: dict, **settings: object) -> Judgement:
    config = judge_config.parse(json.dumps({"metrics": metrics, **settings}))
    return judge_score.judge(config, baseline=baseline, candidate=candidate)


def one(baseline: list, candidate: list, **settings: object):
    return judged({"name": "m", **settings}, baseline={"m": baseline}, candidate={"m": candidate}).metrics[0]


def test_the_estimate_is_the_median_of_all_differences() -> None:
    """Hodges and Lehmann, computed here the other way round; and the interval's ends are differences of few ranks."""
    dice = random.Random(11)
    x, y = ([dice.gauss(mu, 3) for _ in range(60)] for mu in (12, 10))
    differences = sorted(one - other for one in x for other in y)
    found = mann_whitney.shift(x, y, confidence=0.98)
    assert found.estimate == pytest.approx(differences[len(differences) // 2], abs=0.01)
    sigma = (60 * 60 * 121 / 12) ** 0.5
    reach = round(2.3263 * sigma)
    middle = len(differences) // 2
    assert found.low == pytest.approx(differences[middle - reach], abs=0.02)
    assert found.high == pytest.approx(differences[middle + reach], abs=0.02)


def test_the_shift_of_large_samples_is_found() -> None:
    """Two thousand samples, half of them moved by one: the interval holds the shift and is narrow."""
    dice = random.Random(7)
    x, y = ([dice.gauss(mu, 1) for _ in range(1000)] for mu in (11, 10))
    found = mann_whitney.shift(x, y, confidence=0.98)
    assert 0.85 < found.low < 1.0 < found.high < 1.15


def test_swapping_the_sides_turns_the_interval_around() -> None:
    """What is higher by so much is lower by as much, within the root's tolerance."""
    dice = random.Random(3)
    x, y = ([dice.gauss(mu, 2) for _ in range(200)] for mu in (11, 10))
    there, back = mann_whitney.shift(x, y, confidence=0.98), mann_whitney.shift(y, x, confidence=0.98)
    assert there.low == pytest.approx(-back.high, abs=5e-4)
    assert there.estimate == pytest.approx(-back.estimate, abs=5e-4)


@pytest.mark.parametrize(
    ("probability", "quantile"), [(0.5, 0.0), (0.01, -2.3263478740408408), (0.975, 1.959963984540054)]
)
def test_the_normal_quantile(probability: float, quantile: float) -> None:
    """To full precision."""
    assert mann_whitney.normal_quantile(probability) == pytest.approx(quantile, abs=1e-12)


@pytest.mark.parametrize(
    ("baseline", "candidate", "settings", "classification"),
    [
        (BASE, BASE[::-1], {}, "Pass"),
        (BASE, HIGHER, {}, "High"),
        (HIGHER, BASE, {}, "Low"),
        (BASE, HIGHER, {"direction": "decrease"}, "Pass"),
        (HIGHER, BASE, {"direction": "increase"}, "Pass"),
        ([5.0] * 9, [5.0] * 20, {}, "Pass"),
        ([5.0] * 20, [6.0] * 20, {}, "High"),
        ([5.0] * 20, [9.0] * 20, {}, "High"),
        ([0.0] * 20, [9.0] * 20, {}, "High"),
        (BASE, HIGHER, {"effect_size": {"allowed_increase": 5}}, "Pass"),
        (BASE, HIGHER, {"effect_size": {"allowed_increase": 1.1}}, "High"),
        (BASE, HIGHER, {"effect_size": {"measure": "cles", "allowed_increase": 0.9}}, "High"),
        (BASE, HIGHER, {"effect_size": {"measure": "cles", "allowed_increase": 1.1}}, "Pass"),
        (BASE, [], {}, "Nodata"),
        ([], BASE, {}, "Nodata"),
        (BASE, [None, float("nan")], {}, "Nodata"),
        (BASE, [], {"nan_strategy": "replace"}, "Pass"),
        (BASE, [None] * 60, {"nan_strategy": "replace"}, "Low"),
        (BASE, [], {"must_have_data": True}, "NodataFailMetric"),
        (BASE, [], {"must_have_data": True, "nan_strategy": "replace"}, "NodataFailMetric"),
        (BASE, [], {"must_have_data": True, "critical": True}, "Nodata"),
        (BASE, [float("inf")], {}, "Error"),
        ([-1.7e308, 1.0], [1.7e308, 2.0], {}, "Error"),
    ],
)
def test_classifications(baseline: list, candidate: list, settings: dict, classification: str) -> None:
    """Every way one metric may come out."""
    assert one(baseline, candidate, **settings).classification == classification


def test_outliers_are_removed_where_it_is_asked() -> None:
    """A few wild samples do not decide then."""
    wild = [*BASE, *[9000.0] * 1]
    kept = one(BASE, wild, effect_size={"allowed_increase": 1.5})
    assert kept.classification == "Pass"
    assert one(BASE, wild, outlier_strategy="remove").classification == "Pass"


@pytest.mark.parametrize(
    ("settings", "critical"),
    [
        ({"critical": True}, True),
        ({"critical": True, "effect_size": {"critical_increase": 9}}, False),
        ({}, False),
    ],
)
def test_critical_needs_the_critical_effect(settings: dict, critical: bool) -> None:
    """A High on a critical metric is critical only beyond the critical threshold."""
    found = one(BASE, HIGHER, **settings)
    assert (found.classification, found.critical) == ("High", critical)


def test_the_same_input_gives_the_same_verdict() -> None:
    """Constant samples are spread by fixed quantiles; there are no dice."""
    assert one([5.0] * 20, [6.0] * 20) == one([5.0] * 20, [6.0] * 20)


GOOD, BAD = {"m": BASE}, {"m": HIGHER}


def test_groups_and_weights() -> None:
    """Groups without a weight share what is left; a metric in two groups counts in each."""
    metrics = [
        {"name": "m", "groups": ["latency"]},
        {"name": "n", "groups": ["errors"]},
        {"name": "o", "groups": ["errors", "latency"]},
    ]
    found = judged(
        *metrics,
        baseline={"m": BASE, "n": BASE, "o": BASE},
        candidate={"m": HIGHER, "n": BASE, "o": BASE},
        group_weights={"latency": 60},
    )
    assert found.groups == {"latency": 50, "errors": 100}
    assert (found.score, found.result) == (70, "fail")


@pytest.mark.parametrize(("settings", "result"), [({"pass": 50}, "pass"), ({"marginal": 50}, "warning"), ({}, "fail")])
def test_limits(settings: dict, result: str) -> None:
    """Pass and marginal are reached at their score."""
    found = judged({"name": "m"}, {"name": "n"}, baseline=GOOD | {"n": BASE}, candidate=BAD | {"n": BASE}, **settings)
    assert (found.score, found.result) == (50, result)


def test_a_critical_metric_decides_alone() -> None:
    """Whatever the others say."""
    metrics = [{"name": "m", "critical": True}, *({"name": str(n)} for n in range(40))]
    others = {str(n): BASE for n in range(40)}
    found = judged(*metrics, baseline=GOOD | others, candidate=BAD | others)
    assert (found.score, found.result) == (0, "fail")


def test_half_without_data_is_a_failure() -> None:
    """There is too little to judge by."""
    assert judged({"name": "m"}, {"name": "n"}, baseline=GOOD, candidate=GOOD).score == 0


def test_an_error_fails_closed() -> None:
    """It keeps its critical flag, and counts in its group."""
    metrics = [{"name": "m"}, {"name": "n", "groups": ["g"]}]
    found = judged(*metrics, baseline=GOOD | {"n": BASE}, candidate=GOOD | {"n": [float("inf")]})
    assert (found.groups["g"], found.score) == (0, 50)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "`metrics`"),
        ('{"metrics": []}', "empty"),
        ('{"metrics": [{}]}', "`name`"),
        ('{"metrics": [{"name": "m"}, {"name": "m"}]}', "stands twice"),
        ('{"metrics": [{"name": "m", "direction": "up"}]}', "known: decrease"),
        ('{"metrics": [{"name": "m", "nan_strategy": "keep"}]}', "known: remove"),
        ('{"metrics": [{"name": "m", "effect_size": {"measure": "x"}}]}', "known: cles"),
        ('{"metrics": [{"name": "m", "critcal": true}]}', "did you mean `critical`?"),
        ('{"metrics": [{"name": "m"}], "group_weights": {"g": 5}}', "no metric is in group"),
        ('{"metrics": [{"name": "m", "groups": ["g"]}], "group_weights": {"g": 101}}', "more than 100"),
        ('{"metrics": [{"name": "m"}], "confidence_level": 1}', "between 0 and 1"),
        ('{"metrics": [{"name": "m"}], "pass": 101}', "between 0 and 100"),
    ],
)
def test_a_wrong_judge_file_is_one_sentence(text: str, says: str) -> None:
    """An unknown word is an error, never a default."""
    with pytest.raises(InvalidFile) as caught:
        judge_config.parse(text)
    assert says in str(caught.value)
