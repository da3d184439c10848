"""`keptn validate`: what it prints and how it ends."""

import json

import pytest

from keptn import documents, shipyard
from keptn.cli.main import main

SHIPYARD = "stages:\n- name: dev\n  deployment_strategy: dark\n"
WARNED = """\
apiVersion: spec.keptn.sh/0.2.3
spec:
  stages:
  - name: dev
    sequences:
    - name: delivery
      triggeredOn: [{event: prod.delivery.finished}]
      tasks: [{name: deployment}]
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **given):
        for name, text in given.items():
            (tmp_path / name.replace("__", ".")).write_text(text)
        code = main(["validate", *arguments])
        return code, capsys.readouterr()

    return run


def test_right_files_are_named_with_their_kind(run):
    """Exit code 0, a line each."""
    code, said = run("shipyard.yaml", "x.yaml", shipyard__yaml=SHIPYARD, x__yaml="checks: [{path: /}]")
    assert code == 0
    assert said.out == "shipyard.yaml: a valid shipyard file\nx.yaml: a valid functional file\n"


def test_wrong_files_are_all_told(run):
    """Exit code 1; every problem of every file is a line with file, line and what to do."""
    wrong = SHIPYARD + "  soak: 1h\n- {}\n"
    code, said = run("shipyard.yaml", "slo.yaml", shipyard__yaml=wrong, slo__yaml="objectives: []")
    assert code == 1
    assert [line.split(": ")[0] for line in said.out.splitlines()] == [
        "shipyard.yaml:4",
        "shipyard.yaml:5",
        "slo.yaml:1",
    ]
    assert "did you mean `soak_time`?" in said.out


def test_json_is_for_programs(run):
    """File, kind, problems with their lines, warnings."""
    code, said = run("-o", "json", "a-shipyard.yaml", **{"a-shipyard__yaml": SHIPYARD + "  soak: 1h\n"})
    (found,) = json.loads(said.out)
    assert code == 1
    assert (found["file"], found["kind"], found["valid"], found["warnings"]) == (
        "a-shipyard.yaml",
        "shipyard",
        False,
        [],
    )
    assert found["problems"][0]["line"] == 4


def test_the_kind_can_be_said(run):
    """A file with any name, and one that lies about itself."""
    assert run("--kind=shipyard", "x.yaml", x__yaml=SHIPYARD)[0] == 0
    code, said = run("x.yaml", x__yaml="a: 1")
    assert code == 1
    assert "x.yaml: cannot tell what this file is" in said.out


def test_explain_prints_what_the_engine_gets(run):
    """The output is a shipyard of the 0.2 form with the same meaning."""
    code, said = run("--explain", "shipyard.yaml", shipyard__yaml=SHIPYARD)
    assert code == 0
    assert documents.load(said.out, file="x.yaml").data == shipyard.parse(SHIPYARD).to_dict()
    assert "name: remediation" in said.out


def test_explain_is_for_shipyards(run):
    """Nothing else is compiled."""
    code, said = run("--explain", "x.yaml", x__yaml="checks: [{path: /}]")
    assert code == 2
    assert "x.yaml is a functional file" in said.err


def test_what_is_surely_not_meant_is_a_warning(run):
    """It is told, and the file is right all the same."""
    code, said = run("shipyard.yaml", shipyard__yaml=WARNED)
    assert code == 0
    assert "shipyard.yaml:7: there is no stage 'prod'" in said.out


def test_files_are_held_against_each_other(run):
    """A stage that the shipyard beside it does not have is a warning; without a shipyard nobody can tell."""
    notify = "notifications:\n- {channel: slack, secret: chat, stages: [prd], events: [test.started]}\n"
    code, said = run("notify.yaml", "shipyard.yaml", shipyard__yaml=SHIPYARD, notify__yaml=notify)
    assert code == 0
    assert said.out.splitlines()[1:3] == [
        "notify.yaml:2: 'test.started' never comes; told are all .finished, the .triggered of sequences, and "
        "approval.triggered (warning)",
        "notify.yaml:2: the project has no stage 'prd'; stages: dev (warning)",
    ]
    assert "prd" not in run("notify.yaml", notify__yaml=notify)[1].out


@pytest.mark.parametrize(("arguments", "code"), [(["nothing.yaml"], 1), ([], 2), (["--kind=novel", "x.yaml"], 2)])
def test_what_cannot_be_read_is_one_sentence(run, arguments, code):
    """A missing file is an error, a missing argument usage."""
    found, said = run(*arguments)
    assert found == code
    assert said.err
    assert "Traceback" not in said.err
