"""What another file would have said."""

from keptn.evaluation import backtest
from keptn.quality import slo
from keptn.quality.slo_gate import SloGate

GATE = "comparison: {include_result_with_score: pass}\ntotal_score: {pass: 90}\n"
GATE += "objectives: [{sli: rt, pass: [{criteria: ['<=+10%']}]}]"


def measured(value: float | None, query: str = "") -> dict:
    values = {} if value is None else {"": value}
    return {"rt": {"query": query, "values": values, "samples": [], "reason": "", "failed": False, "endless": []}}


def stored(name: str, value: float | None, result: str) -> dict:
    return {
        "id": name,
        "timeEnd": name,
        "result": result,
        "score": 1,
        "measured": {"candidate": measured(value), "live": None},
    }


def test_differences_come_first() -> None:
    """Each is judged again from its own values, with the earlier ones, as this file judges them, as its history."""
    gate = SloGate(slo=slo.parse(GATE))
    records = [
        stored("e", 121, "pass"),
        stored("d", None, "fail"),
        stored("c", 110, "pass"),
        stored("b", 150, "pass"),
        stored("a", 100, "pass"),
    ]
    replays = backtest.replay(gate, records)
    assert [(one.id, one.differs, str(one.verdict.result)) for one in replays] == [
        ("e", True, "fail"),
        ("b", True, "fail"),
        ("d", False, "fail"),
        ("c", False, "pass"),
        ("a", False, "pass"),
    ]
    assert backtest.as_json(replays)[0]["said"] == {"result": "pass", "score": 1.0}


def step(name: str, value: float, live: float | None, result: str = "pass", **told: object) -> dict:
    both = {"candidate": measured(value, "green"), "live": measured(live, "blue")}
    return stored(name, value, result) | {"measured": both, "besideLive": True, "shkeptncontext": "one", **told}


def test_a_canary_step_is_judged_as_it_was() -> None:
    """Against the live version of its window, not against the steps before it; and too few requests stay too few."""
    records = [
        step("d", 1, 1, "fail", unjudged="too few to judge"),
        step("c", 120, None),
        step("b", 105, 100),
        step("a", 10, 10),
        stored("before", 90, "pass") | {"shkeptncontext": "other"},
    ]
    replays = {one.id: one.verdict for one in backtest.replay(SloGate(slo=slo.parse(GATE)), records)}
    assert {name: str(verdict.result) for name, verdict in replays.items()} == {
        "before": "pass",
        "a": "pass",
        "b": "pass",
        "c": "fail",
        "d": "fail",
    }
    assert (replays["c"].compared, replays["d"].message) == (["before"], "too few to judge")
