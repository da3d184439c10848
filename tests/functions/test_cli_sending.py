"""The CLI against the real `api`, in one process: send event, trigger."""

import json

import pytest

from tests.world import WHO


@pytest.mark.parametrize(
    ("arguments", "event_type"),
    [
        ("send event newartifact carts:0.2 staging", "sh.keptn.event.staging.delivery.triggered"),
        ("send event new-artifact carts:0.2", "sh.keptn.event.dev.delivery.triggered"),
        (
            "send event new-artifact --project=sockshop --service=carts --image=keptn/carts --tag=0.2",
            "sh.keptn.event.dev.delivery.triggered",
        ),
        (
            "trigger delivery --project=sockshop --service=carts --image=keptn/carts:0.2 --stage=production",
            "sh.keptn.event.prod.delivery.triggered",
        ),
    ],
)
def test_an_artifact_is_sent_in_every_form(keptn, world, arguments, event_type):
    """The talk's form and the product's start the same delivery."""
    out = keptn(*arguments.split(), "--no-wait", "--label=build=7")[1]
    (event,) = world.sink.events
    assert event.type == event_type
    assert event.data["artifact"]["digest"] == world.registry.digest("keptn/carts:0.2")
    assert event.data["labels"] == {"build": "7"}
    assert event.context in out


def test_a_platform_that_is_missing_is_told(keptn, world):
    """It is sent all the same; a program reads it, too."""
    world.store.put("images/keptn%2Fcarts/sockshop.carts", b'{"platforms": ["linux/arm64"]}')
    sent = ("send", "event", "newartifact", "carts:0.2", "--no-wait")
    assert "Warning: the image has linux/amd64, and lacks linux/arm64" in "".join(keptn(*sent)[1:])
    assert "lacks linux/arm64" in json.loads(keptn(*sent, "-o", "json")[1])["warnings"][0]
    assert len(world.sink.events) == 2


def test_candidates_are_listed(keptn, world):
    """Two projects with the service: neither is guessed."""
    world.with_sockshop("other")
    err = keptn("send", "event", "newartifact", "carts:0.2", ok=False)[2]
    assert "other/carts, sockshop/carts" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("send event newartifact", 2, "Missing argument 'IMAGE'"),
        ("send event", 2, "Missing option"),
        ("send event newartifact carts:0.2 qa", 1, "stages: dev, staging, prod"),
        ("send event newartifact carts", 1, "must be repository:tag"),
        ("send event newartifact carts:0.2 --force", 2, "--reason"),
        ("send event newartifact carts:0.2 --label=x", 2, "KEY=VALUE"),
        ("send event -f missing.json", 1, "there is no file"),
        ("trigger delivery --image=carts:0.2 --sequence=x", 1, "sequences: delivery"),
        ("trigger evaluation --project=sockshop --stage=dev --service=carts --timeframe=x", 1, "write it like 30s"),
    ],
)
def test_a_bad_artifact_is_one_sentence(keptn, arguments, code, said):
    """What is missing or unknown is said."""
    given, _, err = keptn(*arguments.split(), ok=False)
    assert (given, said in err) == (code, True), err


def test_any_event_is_sent_from_a_file(keptn, world, tmp_path):
    """A CloudEvent from a file is posted; broken JSON names the line."""
    (tmp_path / "event.json").write_text(
        '{"type": "sh.keptn.event.evaluation.invalidated", "source": "me", "triggeredid": "t", "data": {}}'
    )
    assert "was taken; keptn context" in keptn("send", "event", "-f", "event.json")[1]
    assert world.sink.events[0].source == "me"
    (tmp_path / "event.json").write_text(
        '{"id": "1", "type": "com.example.mine", "source": "me", "triggeredid": "t", "data": {}}'
    )
    assert "com.example.mine 1 was taken; keptn starts nothing" in keptn("send", "event", "-f", "event.json")[1]
    (tmp_path / "event.json").write_text('{\n"type" "x"}')
    assert "event.json:2:" in keptn("send", "event", "-f", "event.json", ok=False)[2]


def test_an_answer_that_nobody_waits_for_is_told(keptn, world, tmp_path):
    """It is recorded, and the exit code says that it changed nothing; in time it is taken."""
    world.sink.executors = {"deployment": {}}
    keptn("send", "event", "newartifact", "carts:0.2", "--no-wait")
    task = next(event for event in world.sink.events if event.type == "sh.keptn.event.test.triggered")
    answer = {"type": "sh.keptn.event.test.finished", "source": "me", "shkeptncontext": task.context}
    answer["data"] = {**task.data, "result": "pass", "status": "succeeded"}
    (tmp_path / "late.json").write_text(json.dumps({**answer, "triggeredid": "no-such"}))
    assert "no task waits for it" in keptn("send", "event", "-f", "late.json", ok=False)[2]
    assert world.sink.events[-1].triggered_id == "no-such"
    (tmp_path / "event.json").write_text(json.dumps({**answer, "triggeredid": task.id}))
    assert "was taken" in keptn("send", "event", "-f", "event.json")[1]
    assert "is over since 2026-11-24" in keptn("send", "event", "-f", "event.json", ok=False)[2]


def test_an_event_that_nobody_hears_is_told_what_replaces_it(keptn, world, tmp_path):
    """The problem event of keptn 0.2 to 0.7."""
    (tmp_path / "event.json").write_text(
        '{"specversion": "0.2", "id": "p1", "source": "dynatrace", "type": "sh.keptn.events.problem", "data": {}}'
    )
    code, _, err = keptn("send", "event", "-f", "event.json", ok=False)
    assert (code, "sh.keptn.event.<stage>.remediation.triggered" in err) == (1, True)
    assert not world.sink.events


def test_a_file_sent_again_starts_nothing_and_says_so(keptn, world, tmp_path):
    """The same source and id is the same event; without an id every sending is a new one."""
    world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}}
    event = {
        "type": "sh.keptn.event.dev.delivery.triggered",
        "source": "ci",
        "id": "r1",
        "time": "2019-06-07T07:02:15Z",
        "data": {"project": "sockshop", "stage": "dev", "service": "carts"},
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    first, again = (keptn("send", "event", "-f", "event.json", "--no-wait")[1] for _ in range(2))
    assert "was taken" not in first
    assert "this event (source ci, id r1) was taken on 2026-11-24 12:00:" in again
    assert again.endswith(first)
    (tmp_path / "event.json").write_text(json.dumps({**event, "id": ""}))
    for _ in range(2):
        assert keptn("send", "event", "-f", "event.json", "--no-wait")[1] != first


def test_an_evaluation_is_triggered(keptn, world):
    """A timeframe or a window; the event is the stage's evaluation."""
    slot = ("--project=sockshop", "--stage=prod", "--service=carts")
    keptn("trigger", "evaluation", *slot, "--timeframe=8s", "--no-wait")
    keptn("trigger", "sequence", "rollback", *slot, '--data={"pods": 3}', "--no-wait")
    evaluation, rollback = world.sink.events
    assert rollback.data["rollback"]["by"] == WHO
    assert evaluation.data["evaluation"] == {"timeframe": "8s"}
    assert (rollback.type, rollback.data["pods"]) == ("sh.keptn.event.prod.rollback.triggered", 3)
