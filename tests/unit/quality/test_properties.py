"""Properties of verdicts that no table of cases can show, and files and values nobody would write."""

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keptn.cli.main import main
from keptn.errors import InvalidFile
from keptn.ports import SliValue
from keptn.quality import judge_config, judge_score, mann_whitney, offline, perfspec, sli, slo, slo_grading
from keptn.quality.perfspec_gate import PerfSpecGate
from keptn.quality.slo_gate import SloGate
from keptn.quality.verdict import Evidence, Gate, Previous

RANK = {"fail": 0, "warning": 1, "pass": 2}
NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)
SOME = settings(deadline=None, max_examples=60)
CRITERIA = st.sampled_from(["<=+10%", "<600", "<=-5%", "<=+7", "<0", "<= 100"])
SETS = st.lists(st.fixed_dictionaries({"criteria": st.lists(CRITERIA, min_size=1, max_size=3)}), max_size=3)
OBJECTIVE = st.fixed_dictionaries(
    {"pass": SETS, "warning": SETS, "weight": st.integers(1, 5), "key_sli": st.booleans()},
    optional={"compare": st.sampled_from(["baseline", "previous"])},
)


def measured(values: dict[str, float]) -> dict[str, SliValue]:
    return {name: SliValue(indicator=name, query="", values={"": value}) for name, value in values.items()}


def slo_gate(objectives: list[dict], order: int = 0) -> SloGate:
    named = [{"sli": str(place)} | one for place, one in enumerate(objectives)]
    random.Random(order).shuffle(named)
    text = json.dumps({"total_score": {"pass": "90%", "warning": "50%"}, "objectives": named})
    return SloGate(slo=slo.parse(text))


def spec_gate(points: list[int], order: int = 0) -> PerfSpecGate:
    limits = {"upperWarning": 100, "upperSevere": 500, "upperSeverePerc": 20}
    named = [
        {"id": str(place), "source": "Envoy", "metricScore": score} | ({"thresholds": limits} if place % 2 else {})
        for place, score in enumerate(points)
    ]
    random.Random(order).shuffle(named)
    return PerfSpecGate(
        spec=perfspec.parse(json.dumps({"indicators": named, "objectives": {"pass": 90, "warning": 50}}))
    )


GATES = st.one_of(
    st.lists(OBJECTIVE, min_size=1, max_size=4).map(lambda objectives: (slo_gate, objectives)),
    st.lists(st.integers(1, 50), min_size=1, max_size=4).map(lambda points: (spec_gate, points)),
)
VALUES = st.lists(NUMBERS, min_size=4, max_size=4).map(lambda listed: {str(n): value for n, value in enumerate(listed)})


def rank(gate: Gate, candidate: dict[str, float], live: dict[str, float] | None, before: dict[str, float]) -> int:
    previous = [Previous(id="a", result="pass", values={name: {"": value} for name, value in before.items()})]
    evidence = Evidence(candidate=measured(candidate), live=live and measured(live), previous=previous)
    return RANK[gate.judge(evidence).result]


@SOME
@given(GATES, VALUES, st.none() | VALUES, VALUES, st.sampled_from("0123"), st.floats(0, 1e6))
def test_a_worse_value_never_gives_a_better_verdict(made, candidate, live, before, which, worse):
    """All criteria here say that less is better: more of any metric is never better."""
    gate = made[0](made[1])
    worsened = candidate | {which: candidate[which] + worse}
    assert rank(gate, worsened, live, before) <= rank(gate, candidate, live, before)


@SOME
@given(GATES, VALUES, st.none() | VALUES, VALUES, st.integers(1, 9))
def test_the_order_of_objectives_does_not_matter(made, candidate, live, before, order):
    """A gate is a set."""
    make, parts = made
    assert rank(make(parts, order), candidate, live, before) == rank(make(parts), candidate, live, before)


@SOME
@given(GATES, VALUES, st.none() | VALUES, VALUES, st.sampled_from("0123"))
def test_a_missing_value_never_gives_a_better_verdict(made, candidate, live, before, which):
    """Nobody can improve a verdict by not being measured."""
    gate = made[0](made[1])
    less = {name: value for name, value in candidate.items() if name != which}
    assert rank(gate, less, live, before) <= rank(gate, candidate, live, before)


@SOME
@given(st.lists(OBJECTIVE, min_size=1, max_size=3), VALUES, st.lists(st.tuples(NUMBERS, st.booleans()), max_size=6))
def test_history_outside_the_comparison_does_not_matter(objectives, candidate, older):
    """What is invalidated, or older than what is compared with, changes nothing."""
    gate = slo_gate(objectives)
    newest = Previous(id="n", result="pass", values={"0": {"": 5.0}})
    others = [
        Previous(id=str(n), result="pass", invalidated=out, values={"0": {"": v}}) for n, (v, out) in enumerate(older)
    ]
    out = [one for one in others if one.invalidated]
    alone = gate.judge(Evidence(candidate=measured(candidate), previous=[newest]))
    assert gate.judge(Evidence(candidate=measured(candidate), previous=[*out, newest, *others])) == alone


SAMPLES = st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=1, max_size=30)


@SOME
@given(SAMPLES, SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(baseline, candidate, dice):
    """A sample is a bag; and the same bags give the same verdict."""
    config = judge_config.parse('{"metrics": [{"name": "m", "outlier_strategy": "remove"}]}')
    first = judge_score.judge(config, baseline={"m": baseline}, candidate={"m": candidate})
    shuffled = {"m": dice.sample(candidate, len(candidate))}
    assert judge_score.judge(config, baseline={"m": baseline}, candidate=shuffled).result == first.result


@SOME
@given(SAMPLES, SAMPLES, st.sampled_from(["critical", "must_have_data"]), st.sampled_from(["remove", "replace"]))
def test_losing_required_samples_never_helps(baseline, candidate, required, nan_strategy):
    """A metric that must have data, or is critical, is no way around the gate."""
    metric = {"name": "m", required: True, "nan_strategy": nan_strategy}
    config = judge_config.parse(json.dumps({"metrics": [metric]}))
    full = judge_score.judge(config, baseline={"m": baseline}, candidate={"m": candidate})
    empty = judge_score.judge(config, baseline={"m": baseline}, candidate={})
    if (required, nan_strategy) != ("critical", "replace"):  # there the file says that nothing counts as zero
        assert RANK[empty.result] <= RANK[full.result]


@SOME
@given(st.floats(1e-9, 1 - 1e-9))
def test_the_quantile_is_the_inverse_of_the_distribution(probability):
    """Checked against the error function."""
    value = mann_whitney.normal_quantile(probability)
    assert math.erfc(-value / math.sqrt(2)) / 2 == pytest.approx(probability, rel=1e-9)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = (
    "objectives sli pass warning criteria total_score comparison weight key_sli judge indicators id source query "
    "grading thresholds metricScore upperSevere metrics name"
)
KEYS = st.sampled_from(WORDS.split())
LIKELY = st.recursive(
    ANYTHING, lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=2), max_leaves=12
)


@SOME
@given(LIKELY)
@pytest.mark.parametrize("parse", [slo.parse, perfspec.parse, sli.parse, judge_config.parse])
def test_a_fuzzed_file_is_read_or_refused_with_a_reason(parse, data):
    """Never a traceback; and what is read can be judged, and does not pass without values, if anybody set a limit."""
    try:
        read = parse(json.dumps(data))
    except InvalidFile as refused:
        assert str(refused)
        return
    if isinstance(read, slo.Slo) and any(one.counts for one in read.objectives) and read.warning_percent > 0:
        assert slo_grading.grade(read, Evidence(candidate={})).result == "fail"


@SOME
@given(ANYTHING)
def test_fuzzed_values_never_pass(data):
    """Values, history and samples that are no such thing are refused, and whatever is read is no number of ours."""
    text = json.dumps(data).encode()
    for read in (offline.values, offline.history, offline.samples):
        try:
            read(text, file="f.json")
        except InvalidFile as refused:
            assert str(refused)


@pytest.mark.parametrize(
    "text",
    ["", "\0", "{", "- a\n b", "&a [*a]", "!!python/object:os.system {}", "a: &x {b: *x}", "\ufeff{}", "[" * 3000],
)
def test_hostile_text_is_refused(text, tmp_path, capsys):
    """Exit code 2 and one sentence."""
    (tmp_path / "slo.yaml").write_text(text)
    (tmp_path / "values.json").write_text("{}")
    code = main(["evaluate", f"--slo={tmp_path}/slo.yaml", f"--values={tmp_path}/values.json"])
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err
