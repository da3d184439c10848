"""`keptn evaluate` and `keptn compare`: offline verdicts, their JSON and their exit codes."""

import json
from pathlib import Path

import pytest

from keptn.cli.main import main

SLO = """
spec_version: "1.0"
objectives:
- {sli: rt, weight: 3, pass: [{criteria: ["<=+10%", "<600"]}], warning: [{criteria: ["<=800"]}]}
- {sli: errors, key_sli: true, pass: [{criteria: ["<=1"]}]}
total_score: {pass: "90%", warning: "50%"}
"""
SPEC = {
    "indicators": [
        {
            "id": "rt",
            "source": "Prometheus",
            "query": "x",
            "grading": {"thresholds": {"upperWarning": 5, "upperSevere": 9}, "metricScore": 100},
        }
    ],
    "objectives": {"pass": 90, "warning": 50},
}
JUDGE = {"metrics": [{"name": "rt", "direction": "increase", "critical": True}]}
BASE = [float(10 + place % 7) for place in range(60)]


class Folder:
    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self._capsys = path, capsys

    def file(self, name: str, content: object) -> str:
        (self.path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return str(self.path / name)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    return Folder(tmp_path, capsys)


@pytest.mark.parametrize(
    ("values", "code", "result"),
    [
        ({"rt": 500, "errors": 0}, 0, "pass"),
        ({"rt": 700, "errors": {"value": 1, "success": True}}, 3, "warning"),
        ({"rt": 500, "errors": 2}, 4, "fail"),
        ({"rt": 500, "errors": None}, 4, "fail"),
        ({"rt": 500, "errors": {"value": 0, "success": False, "message": "the provider is away"}}, 4, "fail"),
        ({"rt": 500}, 4, "fail"),
        ({}, 4, "fail"),
    ],
)
def test_an_slo(folder: Folder, values: dict, code: int, result: str) -> None:
    """The verdict is the exit code, and the JSON has every objective with its targets."""
    slo, given = folder.file("slo.yaml", SLO), folder.file("values.json", values)
    exit_code, out, _ = folder.run("evaluate", "--slo", slo, "--values", given, "-o", "json")
    answer = json.loads(out)
    assert (exit_code, answer["result"], answer["status"]) == (code, result, "succeeded")
    assert set(answer) == {"result", "status", "score", "message", "objectives"}
    wanted = {"sli", "status", "score", "value", "key_sli", "weight", "pass_targets", "warning_targets", "message"}
    assert all(wanted <= set(one) for one in answer["objectives"])


def test_history_is_what_relative_criteria_look_at(folder: Folder) -> None:
    """Invalidated ones do not count."""
    history = [
        {"id": "b", "result": "pass", "invalidated": True, "values": {"rt": 1}},
        {"id": "a", "result": "pass", "values": {"rt": {"value": 400, "success": True}}},
    ]
    files = ["--slo", folder.file("slo.yaml", SLO), "--values", folder.file("v.json", {"rt": 450, "errors": 0})]
    code, out, _ = folder.run("evaluate", *files, "--history", folder.file("h.json", history), "-o", "json")
    target = json.loads(out)["objectives"][0]["pass_targets"][0]
    assert (code, target) == (3, {"criteria": "<=+10%", "target": 440.0, "violated": True})


@pytest.mark.parametrize(
    ("values", "code", "score"),
    [({"rt": 4}, 0, 100), ({"rt": 5}, 3, 50), ({"rt": [{"key": "a", "value": 1}, {"key": "b", "value": 9}]}, 4, 0)],
)
def test_a_perfspec(folder: Folder, values: dict, code: int, score: float) -> None:
    """Several entities per indicator; the worst counts."""
    spec, given = folder.file("perfspec.json", SPEC), folder.file("values.json", values)
    exit_code, out, _ = folder.run("evaluate", "--perfspec", spec, "--values", given, "-o", "json")
    answer = json.loads(out)
    assert (exit_code, answer["total_score"], answer["max_score"]) == (code, score, 100)
    (indicator,) = answer["indicators"]
    assert (indicator["id"], indicator["score"]) == ("rt", score)
    if code == 4:
        assert indicator["violations"] == [{"key": "b", "value": 9.0, "breach": "upperSevere", "threshold": 9.0}]


@pytest.mark.parametrize(("shift", "code", "kind"), [(0, 0, "Pass"), (10, 4, "High")])
def test_compare(folder: Folder, shift: float, code: int, kind: str) -> None:
    """Two versions' samples."""
    judge, baseline = folder.file("judge.json", JUDGE), folder.file("baseline.json", {"rt": [*BASE, None]})
    candidate = folder.file("candidate.json", {"rt": [one + shift for one in BASE]})
    arguments = ("compare", "--judge", judge, "--baseline", baseline, "--candidate", candidate)
    exit_code, out, _ = folder.run(*arguments, "-o", "json")
    answer = json.loads(out)
    assert exit_code == code
    assert answer["metrics"][0]["classification"] == kind
    assert set(answer["metrics"][0]) == {"name", "classification", "critical", "deviation", "reason"}
    assert folder.run(*arguments)[0] == code


def test_people_get_a_table_with_bars(folder: Folder) -> None:
    """One line per objective, then the verdict."""
    slo, given = folder.file("slo.yaml", SLO), folder.file("values.json", {"rt": 300, "errors": 0})
    _, out, _ = folder.run("evaluate", "--slo", slo, "--values", given)
    assert [line.split()[:2] for line in out.splitlines()] == [["✓", "rt"], ["✓", "errors"], ["pass", "100"]]
    assert "█" in out


@pytest.mark.parametrize(
    ("slo", "values", "says"),
    [
        ("objectives: [", "{}", "slo.yaml"),
        (SLO, "{", "values.json"),
        (SLO, "[]", "must be an object"),
        (SLO, '{"rt": "fast"}', "must be a number"),
        (SLO, '{"rt": true}', "must be a number"),
        (SLO, '{"rt": {"valeu": 1}}', "did you mean `value`?"),
        (SLO, '{"rt": 1, "rt": 2}', "stands twice"),
        (SLO.replace("<600", "600"), "{}", "is no criterion"),
    ],
)
def test_unusable_input_is_one_sentence(folder: Folder, slo: str, values: str, says: str) -> None:
    """Exit code 2, nothing that looks like a pass, and no traceback."""
    files = ("--slo", folder.file("slo.yaml", slo), "--values", folder.file("values.json", values))
    code, out, err = folder.run("evaluate", *files, "-o", "json")
    assert code == 2
    assert json.loads(out)["result"] == "fail"
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [[], ["--slo", "a", "--perfspec", "b"], ["--slo", "none.yaml", "--values", "none.json"]]
)
def test_wrong_usage(folder: Folder, arguments: list[str]) -> None:
    """One gate, and files that exist."""
    assert folder.run("evaluate", *arguments)[0] == 2
