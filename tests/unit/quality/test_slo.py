"""Reading slo.yaml: its defaults, and the sentence for what it may not say."""

import pytest

from keptn.errors import InvalidFile
from keptn.quality import criteria, slo

ALL = {"pass", "warning", "fail"}
HEAD = "spec_version: '1.0'\ntotal_score: {pass: '90%', warning: '75%'}\n"


@pytest.mark.parametrize(
    ("text", "comparison", "number", "relative", "percent"),
    [
        ("<600", "<", 600, False, False),
        ("<= 600.5", "<=", 600.5, False, False),
        ("=0", "=", 0, False, False),
        (">.5", ">", 0.5, False, False),
        ("<=+10%", "<=", 10, True, True),
        ("< = - 10 %", "<=", -10, True, True),
        ("<10%", "<", 10, True, True),
        (">=-5", ">=", -5, True, False),
        ("<=+5", "<=", 5, True, False),
    ],
)
def test_a_criterion_is_read(text: str, comparison: str, number: float, relative: bool, percent: bool) -> None:
    """A sign or a percent sign makes it relative; blanks do not count."""
    read = criteria.parse(text)
    assert (read.comparison, read.number, read.relative, read.percent) == (comparison, number, relative, percent)


@pytest.mark.parametrize("text", ["", "10", "!=5", "abc", "%", "<", "<%", "<5%%", "<1e3", "=<5", "<++5", "<5 ms"])
def test_what_is_no_criterion_is_said(text: str) -> None:
    """Anything else is refused, never ignored."""
    with pytest.raises(ValueError, match="write an operator"):
        criteria.parse(text)


@pytest.mark.parametrize(
    ("text", "compared", "target"),
    [
        ("<=+10%", 100, 110),
        ("<=-10%", 100, 90),
        ("<=+10%", -100, -90),
        ("<=+5", 100, 105),
        ("<9", 100, 9),
        ("<5%", None, None),
    ],
)
def test_targets(text: str, compared: float | None, target: float | None) -> None:
    """Relative to what is compared with; 10 % more is more for a negative number too."""
    assert criteria.parse(text).target(compared) == target


@pytest.mark.parametrize(
    ("comparison", "most", "results", "aggregate"),
    [
        ("", 1, ALL, "avg"),
        ("comparison: {}\n", 3, ALL, "avg"),
        ("comparison: {compare_with: single_result, number_of_comparison_results: 5}\n", 1, ALL, "avg"),
        ("comparison: {compare_with: several_results, number_of_comparison_results: 5}\n", 5, ALL, "avg"),
        (
            "comparison: {include_result_with_score: pass_or_warn, aggregate_function: p95}\n",
            3,
            {"pass", "warning"},
            "p95",
        ),
    ],
)
def test_comparison_defaults(comparison: str, most: int, results: set[str], aggregate: str) -> None:
    """Without a comparison the one result before counts; an unfinished one means the last three."""
    read = slo.parse(HEAD + comparison)
    assert (read.comparison.most, read.comparison.results, read.aggregate) == (most, results, aggregate)


def test_an_objective_is_read() -> None:
    """Weights, key SLIs, and criteria sets; a weight of 0 is the same as unsaid, null objectives are dropped."""
    text = (
        HEAD + "objectives:\n- null\n- {sli: rt, weight: 0, key_sli: true, displayName: RT, pass: [{criteria: ['<5']}]}"
    )
    (only,) = slo.parse(text).objectives
    assert (only.sli, only.weight, only.key_sli, only.display_name, only.counts) == ("rt", 1, True, "RT", True)
    assert [[one.text for one in group] for group in only.passes] == [["<5"]]


@pytest.mark.parametrize("total", ["90", "90%", '"90"', '"90 %"', "90.0"])
def test_a_total_score_may_be_written_with_or_without_percent(total: str) -> None:
    """All mean ninety percent; without a warning there is none."""
    read = slo.parse(f"total_score: {{pass: {total}}}")
    assert (read.pass_percent, read.warning_percent) == (90, 90)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "must be an object"),
        ("objectives: []", "`total_score` is missing"),
        ("total_score: {warning: 5}", "what is a pass"),
        ("total_score: {pass: most}", "percentage like"),
        ("total_score: {pass: -5}", "percentage like"),
        ("total_score: {pass: true}", "percentage like"),
        (HEAD + "objective: []", "did you mean `objectives`?"),
        (HEAD + "objectives: {}", "must be a list"),
        (HEAD + "objectives: [7]", "must be an object"),
        (HEAD + "objectives: [{weight: 1}]", "`sli`"),
        (HEAD + "objectives: [{sli: a, pass: [{criteria: ['<5']}]}, {sli: a, judge: true}]", "in two objectives"),
        (HEAD + "objectives: [{sli: a, weight: -1}]", "whole number"),
        (HEAD + "objectives: [{sli: a, weight: 1.5}]", "whole number"),
        (HEAD + "objectives: [{sli: a, key_sli: maybe}]", "true or false"),
        (HEAD + "objectives: [{sli: a, pas: []}]", "did you mean `pass`?"),
        (HEAD + "objectives: [{sli: a, pass: [{criteria: ['!5']}]}]", "is no criterion"),
        (HEAD + "objectives: [{sli: a, warning: [{criteria: ['!5']}]}]", "is no criterion"),
        (HEAD + "objectives: [{sli: a, pass: [{criteria: []}]}]", "always hold"),
        (HEAD + "objectives: [{sli: a, pass: [{}]}]", "must be a list"),
        (HEAD + "objectives: [{sli: a, pass: ['<5']}]", "must be an object"),
        (HEAD + "objectives: [{sli: a, compare: yesterday}]", "known: baseline, previous"),
        (HEAD + "objectives: [{sli: a, compare: previous, judge: true}]", "compare: baseline"),
        (HEAD + "objectives: [{sli: a, judge: {direction: up}}]", "known: decrease"),
        (HEAD + "comparison: {compare_with: many}", "known: several_results"),
        (HEAD + "comparison: {aggregate_function: p42}", "known: avg"),
        (HEAD + "comparison: {include_result_with_score: some}", "known: all"),
        (HEAD + "comparison: {number_of_comparison_results: -1}", "whole number"),
        ("spec_version: '2.0'\n" + HEAD.split("\n", 1)[1], "spec_version"),
    ],
)
def test_a_wrong_file_is_one_sentence(text: str, says: str) -> None:
    """What keptn ignored, or passed, is an error with its line."""
    with pytest.raises(InvalidFile) as caught:
        slo.parse(text)
    assert says in str(caught.value)
    assert str(caught.value).startswith("slo.yaml:")
