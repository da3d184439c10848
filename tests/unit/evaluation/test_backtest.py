"""What another file would have said."""

from keptn.evaluation import backtest
from keptn.quality import slo
from keptn.quality.slo_gate import SloGate


def stored(name: str, value: float | None, result: str) -> dict:
    values = {} if value is None else {"": value}
    measured = {"rt": {"query": "", "values": values, "samples": [], "reason": "", "failed": False, "endless": []}}
    return {
        "id": name,
        "timeEnd": name,
        "result": result,
        "score": 1,
        "measured": {"candidate": measured, "live": None},
    }


def test_differences_come_first() -> None:
    """Each is judged again from its own values, with the earlier ones, as this file judges them, as its history."""
    text = "comparison: {include_result_with_score: pass}\ntotal_score: {pass: 90}\n"
    text += "objectives: [{sli: rt, pass: [{criteria: ['<=+10%']}]}]"
    gate = SloGate(slo=slo.parse(text))
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
