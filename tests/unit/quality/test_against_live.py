"""The live version of the same window in the place of earlier evaluations."""

import math

import pytest

from keptn.events import Result
from keptn.ports import SliValue
from keptn.quality import against_live, perfspec, slo
from keptn.quality.perfspec_gate import PerfSpecGate
from keptn.quality.slo_gate import SloGate
from keptn.quality.verdict import Evidence, Gate, Previous, Verdict

LIMIT = '{"source": "Envoy", "metricScore": 1, "thresholds": {"upperSeverePerc": 10}, "id": '
SPEC = PerfSpecGate(
    spec=perfspec.parse(f'{{"indicators": [{LIMIT}"rt"}}, {LIMIT}"memory"}}], "objectives": {{"pass": 2}}}}')
)


def slo_gate(comparison: str = "{}") -> SloGate:
    objectives = ", ".join(f"{{sli: {name}, pass: [{{criteria: ['<+10%']}}]}}" for name in ("rt", "memory"))
    text = f"{{comparison: {comparison}, total_score: {{pass: 100}}, objectives: [{objectives}]}}"
    return SloGate(slo=slo.parse(text))


GATES = [SPEC, slo_gate(), slo_gate("{compare_with: single_result, include_result_with_score: pass}")]


def measured(colour: str, query: str = "", **values: float | dict[str, float]) -> dict[str, SliValue]:
    return {
        name: SliValue(
            indicator=name,
            query=query or f"{name} of {colour}",
            values=value if isinstance(value, dict) else {"": value},
        )
        for name, value in values.items()
    }


def before(name: str, **values: float) -> Previous:
    return Previous(id=name, result=Result.PASS, values={key: {"": value} for key, value in values.items()})


def judged(gate: Gate, candidate: dict, live: dict, *earlier: Previous) -> Verdict:
    evidence = Evidence(candidate=candidate, live=live, previous=gate.comparison.of(earlier))
    return gate.judge(against_live.in_place_of_earlier(evidence))


def compared(verdict: Verdict) -> list[float | None]:
    return [one.compared for one in verdict.objectives]


@pytest.mark.parametrize("gate", GATES)
def test_relative_limits_look_at_live(gate: Gate) -> None:
    """Whatever the evaluations before were like, and also if there were none; none of them is named."""
    candidate, live = measured("green", rt=105, memory=50), measured("blue", rt=100, memory=50)
    for earlier in ([before("1", rt=1, memory=1), before("0", rt=1, memory=1)], []):
        verdict = judged(gate, candidate, live, *earlier)
        assert (verdict.result, compared(verdict)) == (Result.PASS, [100, 50])
        assert not any(verdict.compared)
    assert judged(gate, measured("green", rt=111, memory=50), live, before("0", rt=500, memory=50)).result == "fail"


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize(
    "live",
    [
        measured("blue", rt=100),
        measured("blue", rt=100) | measured("", query="all", memory=1),
        measured("blue", rt=100, memory=math.inf),
        measured("blue", rt=100) | {"memory": SliValue(indicator="memory", query="", reason="away", failed=True)},
    ],
)
def test_what_live_lacks_looks_at_earlier_ones(gate: Gate, live: dict) -> None:
    """Per indicator: no value, or a query that does not tell the versions apart."""
    candidate = measured("green", rt=105) | measured("", query="all", memory=50)
    verdict = judged(gate, candidate, live, before("1", rt=1, memory=40))
    assert (verdict.result, compared(verdict)) == (Result.FAIL, [100, 40])
    assert list(verdict.compared) == ["1"]


def test_several_earlier_ones_stay_several() -> None:
    """The file's mean of three is the mean of three, for what live lacks."""
    candidate, live = measured("green", rt=105, memory=20), measured("blue", rt=100)
    earlier = [before(str(number), rt=1, memory=10 * number) for number in (1, 2, 3)]
    verdict = judged(slo_gate("{compare_with: several_results}"), candidate, live, *earlier)
    assert (compared(verdict), list(verdict.compared)) == ([100, 20], ["1", "2", "3"])


def test_pods_of_two_versions_are_paired() -> None:
    """Their names differ: each of the candidate's is held against the mean of live's, in either format."""
    candidate = measured("green", rt={"g1": 105, "g2": 120}, memory=1)
    live = measured("blue", rt={"b1": 90, "b2": 110}, memory=1)
    for gate in GATES:
        verdict = judged(gate, candidate, live)
        assert (verdict.result, compared(verdict)) == (Result.FAIL, [100, 1])


@pytest.mark.parametrize("gate", GATES)
def test_live_without_any_value_changes_nothing(gate: Gate) -> None:
    """Then the file's own rule holds for all."""
    candidate = measured("green", rt=105, memory=50)
    verdict = judged(gate, candidate, {}, before("1", rt=100, memory=50))
    assert (compared(verdict), list(verdict.compared)) == ([100, 50], ["1"])


def test_a_limit_that_leaves_no_room_says_so() -> None:
    """Any percentage of nothing is nothing, and as good as before is good enough."""
    gate = PerfSpecGate(
        spec=perfspec.parse('{"indicators": [{"id": "Envoy:errors", "metricScore": 1}], "objectives": {"pass": 1}}')
    )
    for live, criteria in ((0, ["<=0", "<=0"]), (40, ["<50", "<44"])):
        (told,) = judged(
            gate, {"Envoy:errors": measured("green", e=0)["e"]}, {"Envoy:errors": measured("blue", e=live)["e"]}
        ).objectives
        assert told.status == "pass"
        assert [one.criteria for one in (*told.warning_targets, *told.pass_targets)] == criteria


def test_people_are_told_what_was_compared() -> None:
    """With the live version, and what not with it; nothing if it is nothing."""
    verdict = judged(SPEC, measured("green", rt=105, memory=50), measured("blue", rt=100), before("1", memory=50))
    told = "compared with carts:0.1, which was live in the same window"
    assert against_live.told("carts:0.1", {"rt": {}, "memory": {}}, verdict.objectives) == told
    assert against_live.told("carts:0.1", {"rt": {}}, verdict.objectives) == f"{told}; memory with earlier ones"
    assert against_live.told("carts:0.1", {}, verdict.objectives) == ""
