"""`keptn simulate`: the very engine, in memory, on a file of events or on every way through a shipyard."""

import json

import pytest

from keptn.cli.main import main

SHIPYARD = """\
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: {name: sockshop}
spec:
  stages:
  - name: dev
    sequences:
    - {name: delivery, tasks: [{name: build, properties: {executors: 2}}, {name: test, triggeredAfter: 10s}]}
    - name: rollback
      triggeredOn: [{event: dev.delivery.finished, selector: {match: {result: fail}}}]
      tasks: [{name: rollback}]
    - name: again
      triggeredOn: [{event: dev.again.finished, selector: {match: {try.result: warning}}}]
      tasks: [{name: try}]
  - name: prod
    sequences:
    - {name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: release}, {name: soak, properties: {duration: 1h}}]}
"""  # noqa: E501
DATA = {"project": "p", "stage": "dev", "service": "s"}
TRIGGER = {"type": "sh.keptn.event.dev.delivery.triggered", "shkeptncontext": "c", "data": DATA}


def finished(task: str, result: str = "pass", **given) -> dict:
    data = {**DATA, "status": "succeeded", "result": result}
    return {"type": f"sh.keptn.event.{task}.finished", "source": "x", "shkeptncontext": "c", "data": data, **given}


@pytest.fixture
def simulate(tmp_path, capsys):
    shipyard, events = tmp_path / "shipyard.yaml", tmp_path / "events.jsonl"
    shipyard.write_text(SHIPYARD)

    def run(*lines, raw: str = ""):
        events.write_text(raw or "\n".join(json.dumps(line) for line in lines))
        code = main(["simulate", str(shipyard), "--events", str(events), "-o", "json"])
        said = capsys.readouterr()
        return json.loads(said.out) if code == 0 else (code, said.err)

    return run


def emitted(line) -> list[str]:
    return [event["type"].removeprefix("sh.keptn.event.") for event in line["emitted"]]


def test_each_line_has_what_it_emitted_and_the_states(simulate):
    """One item per line: CloudEvents, and the state of every delivery."""
    started, waiting, over = simulate(TRIGGER, finished("build", source="a"), finished("build", "fail", source="b"))
    assert emitted(started) == ["build.triggered"]
    assert started["emitted"][0]["specversion"] == "1.0"
    assert started["state"] == {"c": "started"}
    assert emitted(waiting) == []
    assert emitted(over) == ["dev.delivery.finished", "dev.rollback.triggered", "rollback.triggered"]


def test_time_passes_when_told(simulate):
    """Waits and timeouts come with `advance_seconds`, and not before."""
    lines = simulate(
        TRIGGER,
        finished("build", source="a"),
        finished("build", source="b"),
        {"advance_seconds": 9},
        {"advance_seconds": 1},
        {"advance_seconds": 600},
    )
    assert [emitted(line) for line in lines[2:5]] == [[], [], ["test.triggered"]]
    assert emitted(lines[5])[:2] == ["test.finished", "dev.delivery.finished"]


def test_people_may_control_it(simulate):
    """Pause, resume and abort, of a delivery or of its stage; the orders themselves are not shown."""
    lines = simulate(
        TRIGGER,
        {"control": "pause", "shkeptncontext": "c"},
        finished("build", source="a"),
        finished("build", source="b"),
        {"control": "resume", "shkeptncontext": "c", "stage": "dev"},
        {"control": "abort", "shkeptncontext": "c"},
    )
    assert [line["state"]["c"] for line in lines] == ["started", "paused", "paused", "paused", "waiting", "aborted"]
    assert emitted(lines[5]) == ["dev.delivery.finished"]


def test_an_event_may_leave_out_what_is_clear(simulate):
    """Without `triggeredid` the only open task of that name is meant; without a context, too."""
    answer = finished("build", source="a")
    del answer["shkeptncontext"]
    lines = simulate(TRIGGER, answer, finished("build", source="b"), {"advance_seconds": 10})
    assert emitted(lines[3]) == ["test.triggered"]


def test_what_belongs_to_nothing_emits_nothing(simulate):
    """A task that is not open, an unknown stage: as the engine treats them."""
    unknown = {**TRIGGER, "type": "sh.keptn.event.prd.delivery.triggered", "data": {**DATA, "stage": "prd"}}
    nothing, refused = simulate(finished("build"), {**unknown, "shkeptncontext": "d"})
    assert emitted(nothing) == []
    assert emitted(refused) == ["prd.delivery.finished"]
    assert "stages: dev, prod" in refused["emitted"][0]["data"]["message"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("{", "events.jsonl:1: not valid JSON"),
        ("[]", "must be a JSON object"),
        ('\n{"control": "stop"}', "events.jsonl:2: control 'stop' is not one of"),
        ('{"advance_seconds": "soon"}', "events.jsonl:1"),
        ('{"shkeptncontext": "c"}', "lacks type"),
        ('{"type": "x", "data": 5}', "must be a JSON object"),
    ],
)
def test_a_broken_line_is_told_with_its_number(simulate, raw, words):
    """One sentence: file, line, what is wrong."""
    code, said = simulate(raw=raw)
    assert (code, words in said) == (1, True)


def test_every_way_is_walked_and_drawn(tmp_path, capsys):
    """Without events: every end of every sequence and what it starts; loops are followed twice."""
    shipyard = tmp_path / "shipyard.yaml"
    shipyard.write_text(SHIPYARD)
    assert main(["simulate", str(shipyard)]) == 0
    drawn = capsys.readouterr().out
    assert "dev.delivery: build → test" in drawn
    assert "  pass, warning → prod.delivery" in drawn
    assert 's_dev_delivery -->|"fail"| s_dev_rollback' in drawn
    main(["simulate", str(shipyard), "-o", "json"])
    walked = json.loads(capsys.readouterr().out)
    assert ["dev.again (warning)", "dev.again (warning)", "…"] in walked["paths"]
    assert ["dev.delivery (fail at test)", "dev.rollback (pass)"] in walked["paths"]
    assert ["dev.delivery (pass)", "prod.delivery (warning)"] in walked["paths"]
    assert walked["mermaid"].startswith("flowchart LR")


def test_a_canary_is_drawn_step_by_step(tmp_path, capsys):
    """Each weight is told from the others; a failure anywhere leads to the rollback."""
    file = tmp_path / "shipyard.yaml"
    file.write_text("stages: [{name: prod, deployment_strategy: canary}]\n")
    assert main(["simulate", str(file)]) == 0
    drawn = capsys.readouterr().out
    assert "deployment → traffic 5 % → evaluation → traffic 25 % → evaluation → traffic 50 %" in drawn
    assert '-->|"fail"| s_prod_rollback' in drawn


def test_a_file_that_is_not_there_is_one_sentence(capsys):
    """No traceback reaches a user."""
    assert main(["simulate", "nowhere.yaml"]) == 1
    assert "nowhere.yaml cannot be read" in capsys.readouterr().err


def test_source_and_id_together_name_an_event(simulate):
    """Two monitors may use one id: each has its own delivery."""
    lines = simulate(
        {**TRIGGER, "shkeptncontext": "", "id": "alert-7", "source": "https://monitor-a.example"},
        {**TRIGGER, "shkeptncontext": "", "id": "alert-7", "source": "https://monitor-b.example"},
        {**TRIGGER, "shkeptncontext": "", "id": "alert-7", "source": "https://monitor-b.example"},
    )
    states = [sorted(line["state"].values()) for line in lines]
    assert states == [["started"], ["started", "waiting"], ["started", "waiting"]]


def test_an_old_time_in_a_file_makes_nothing_old(simulate):
    """Event files are templates: what is sent last is the newest, whatever its `time` says."""
    image = {"configurationChange": {"values": {"image": "shop/carts:3"}}}
    lines = simulate(
        {**TRIGGER, "time": "2030-01-07T08:00:00Z", "shkeptncontext": "new", "id": "1", "source": "ci"},
        {**TRIGGER, "time": "2019-06-07T07:02:15Z", "shkeptncontext": "old", "id": "2", "source": "ci"}
        | {"data": {**DATA, **image}},
    )
    assert lines[-1]["state"] == {"new": "started", "old": "waiting"}


def test_a_first_task_that_is_triggered_later_holds_nothing(tmp_path, capsys):
    """What has touched nothing and only waits for its time lets others pass."""
    shipyard, events = tmp_path / "shipyard.yaml", tmp_path / "events.jsonl"
    tasks = "[{name: evaluation, triggeredAfter: 60m, properties: {timeframe: 2m}}]"
    shipyard.write_text(
        "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: shop}\nspec:\n  stages:\n  - name: dev\n"
        f"    sequences:\n    - {{name: later, tasks: {tasks}}}\n    - {{name: now, tasks: [{{name: hello}}]}}\n"
    )
    lines = [
        {"type": f"sh.keptn.event.dev.{name}.triggered", "shkeptncontext": name, "data": DATA}
        for name in ("later", "now")
    ]
    events.write_text("\n".join(map(json.dumps, [*lines, {"advance_seconds": 3700}])))
    assert main(["simulate", str(shipyard), "--events", str(events), "-o", "json"]) == 0
    *_, before, after = json.loads(capsys.readouterr().out)
    assert before["state"] == {"later": "waiting", "now": "started"}
    assert "evaluation.triggered" in str([event["type"] for event in after["emitted"]])
