"""What a person is told of a delivery."""

from datetime import UTC, datetime

import pytest

from keptn.cli import progress
from keptn.cli.exit_codes import ExitCode, of_result


def execution(stage="dev", **given):
    base = {
        "id": f"{stage}-1",
        "sequence": "delivery",
        "state": "finished",
        "result": "pass",
        "status": "succeeded",
        "message": "",
        "triggered_at": "2026-11-24T12:00:00.000000Z",
        "finished_at": "2026-11-24T12:00:09.000000Z",
        "waiting": None,
        "tasks": [task("deployment"), task("evaluation", result="pass", message="score 100")],
    }
    return {**base, **given, "stage": stage}


def task(name, **given):
    base = {
        "name": name,
        "id": f"{name}-1",
        "triggered_at": "2026-11-24T12:00:01.000000Z",
        "finished_at": "2026-11-24T12:00:02.000000Z",
        "result": "pass",
        "status": "succeeded",
        "message": "",
    }
    return {**base, **given}


def executor(message, **given):
    return {"source": "keptn", "message": message, "finished_at": "", **given}


def view(*executions, **given):
    stages = {e["stage"]: [x for x in executions if x["stage"] == e["stage"]] for e in executions}
    base = {"context": "c", "project": "sockshop", "service": "carts", "image": "carts:0.2"}
    listed = [{"stage": name, "sequences": found} for name, found in stages.items()]
    return {**base, "state": "finished", "result": "pass", "stages": listed, **given}


def test_what_was_told_has_a_key_that_stays():
    """A line is told once: its key does not change when the delivery goes on."""
    running = execution(state="started", finished_at="", tasks=[task("deployment", finished_at="", result="")])
    before = dict(progress.lines(view(running)))
    after = dict(progress.lines(view(execution())))
    assert list(before.values()) == ["12:00:01Z  dev        delivery     deployment …"]
    assert set(before) < set(after)
    assert "12:00:02Z  dev        delivery     evaluation pass (score 100)" in after.values()


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (
            {"for": "", "why": "prod is frozen: holidays", "until": "2026-11-24T13:00:00.000000Z", "id": ""},
            "prod is frozen: holidays (until 2026-11-24 13:00:00Z)",
        ),
        ({"for": "approval", "why": "a person is asked", "until": "", "id": "7"}, "a person is asked"),
    ],
)
def test_what_it_waits_for_is_told(waiting, told):
    """A person sees why it does not go on, and what lets it."""
    asked = task("approval", finished_at="", executors=[executor("a person is asked")])
    held = execution(state="waiting", finished_at="", waiting=waiting, tasks=[asked])
    assert told in progress.held(held)
    assert any(told in line for _, line in progress.lines(view(held)))
    assert told in progress.lanes(view(held))[0][1]


@pytest.mark.parametrize("name", ["approval", "evaluation", "deployment", "rollback", "license-check"])
def test_what_is_over_at_once_is_no_waiting(name):
    """Nothing to say before an executor has; an evaluation says itself until when it waits."""
    waiting = {"for": name, "why": "only 3 of 10 requests", "until": "2026-11-24T13:00:00Z", "id": "7"}
    for at_work in ([], [executor("")], [executor("done", finished_at="2026-11-24T12:00:00Z")]):
        assert not progress.held(execution(waiting=waiting, tasks=[task(name, finished_at="", executors=at_work)]))
    asked = execution(waiting=waiting, tasks=[task(name, finished_at="", executors=[executor("only 3")])])
    assert progress.held(asked).startswith("only 3 of 10 requests")
    assert ("until" in progress.held(asked)) is (name != "evaluation")


def test_a_soak_says_until_when_it_lasts():
    """Nobody works on it: time does."""
    waiting = {"for": "soak", "why": "it must live on without a problem", "until": "2026-11-24T13:00:00Z", "id": "7"}
    soaking = execution(waiting=waiting, tasks=[task("soak", finished_at="", executors=[])])
    assert progress.held(soaking) == "it must live on without a problem (until 2026-11-24 13:00:00Z)"


def test_an_approval_is_answered_by_a_line_that_is_not_wrapped():
    """The id that one copies stands on a line of its own, short enough for any terminal."""
    waiting = {"for": "approval", "why": "a person is asked", "until": "", "id": "5165c44e-0395-540b-99a1-19395c2b2807"}
    asking = task("approval", finished_at="", executors=[executor("a person is asked")])
    asked = execution(state="waitingForApproval", finished_at="", waiting=waiting, tasks=[asking])
    told = [line for _, line in progress.lines(view(asked))]
    assert told[-1] == "           keptn approve 5165c44e-0395-540b-99a1-19395c2b2807"
    assert "keptn approve" not in told[-2]
    assert progress.answered_by(execution()) == ""


def test_what_says_nothing_for_long_is_told():
    """That nobody has begun, and since when: a Trigger may be missing."""
    waiting = {"for": "scan", "why": "nobody has begun scan yet", "id": "7"}
    waiting |= {"since": "2026-11-24T12:00:00.000000Z", "until": "2026-11-24T12:10:00.000000Z"}
    silent = execution(state="started", waiting=waiting, tasks=[task("scan", finished_at="", executors=[])])
    soon, late = (datetime(2026, 11, 24, 12, 0, second, tzinfo=UTC) for second in (24, 26))
    assert not progress.held(silent, now=soon)
    assert progress.held(silent, now=late) == "nobody has begun scan yet (until 2026-11-24 12:10:00Z)"
    assert progress.lanes(view(silent), now=late)[0][1].endswith("12:10:00Z, in 9m); for 26s)")


def test_a_reason_stands_once():
    """With the step that it belongs to, not again with the end of its sequence."""
    failed = execution(result="fail", message="too slow", tasks=[task("evaluation", result="fail", message="too slow")])
    told = [line for _, line in progress.lines(view(failed, result="fail"))]
    assert [("too slow" in line) for line in told] == [False, True, False]
    assert "too slow" not in progress.summary(view(failed, result="fail"), reasons=False)
    refused = execution(result="fail", message="rejected", tasks=[])
    assert "is over: fail (rejected)" in list(dict(progress.lines(view(refused))).values())[-1]


def test_a_step_of_a_canary_is_told_with_its_weight():
    """And which of how many it is."""
    share = {"weight_percent": 25, "step": 2, "steps": 4}
    stepping = execution(tasks=[task("traffic", share=share)])
    assert any("traffic 25 % (2/4) pass" in line for _, line in progress.lines(view(stepping)))
    assert progress.lanes(view(stepping)) == [("dev", "✓ traffic 25 % (2/4)")]


def test_a_task_at_work_is_no_waiting():
    """A task that is being worked on is not told as a wait."""
    assert not progress.held(execution(waiting={"for": "test", "why": "k6 is working on test", "until": "", "id": "7"}))


def test_a_lane_shows_every_step_with_its_mark():
    """Stage by stage, with the sequences that are not deliveries named."""
    failed = execution("prod", result="fail", tasks=[task("evaluation", result="fail"), task("soak", result="warning")])
    back = execution("prod", id="r", sequence="rollback", tasks=[task("rollback", finished_at="", result="")])
    lanes = progress.lanes(view(execution(), failed, back))
    assert lanes == [("dev", "✓ deployment ✓ evaluation"), ("prod", "✗ evaluation ! soak [rollback] … rollback")]


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ({"state": "finished", "result": "pass"}, ExitCode.PASS),
        ({"state": "finished", "result": "warning"}, ExitCode.WARNING),
        ({"state": "finished", "result": "fail"}, ExitCode.FAIL),
        ({"state": "timedOut", "result": "fail"}, ExitCode.FAIL),
        ({"state": "aborted", "result": "fail"}, ExitCode.ERROR),
        ({"state": "superseded", "result": ""}, ExitCode.ERROR),
    ],
)
def test_the_end_has_an_exit_code(ended, code):
    """One table for all: what was aborted or superseded could not be done."""
    assert progress.exit_code(view(execution(), **ended)) is code


def test_why_it_failed_goes_before_what_failed_then():
    """A rollback that fails, too, does not hide what the delivery failed for."""
    failed = execution(status="errored", result="fail", message="no such image")
    then = execution(id="r", sequence="rollback", result="fail", message="no namespace")
    assert progress.summary(view(failed, then, result="fail")).endswith(": no such image; rollback: no namespace")


def test_what_could_not_be_carried_out_is_an_error():
    """Errored is not failed: a script can tell a bad version from a broken pipeline."""
    errored = execution(status="errored", result="fail", message="no such image")
    assert progress.exit_code(view(errored, result="fail")) is ExitCode.ERROR
    assert progress.summary(view(errored, result="fail")).endswith("finished with result fail: no such image")
    assert of_result("fail", status="errored") is ExitCode.ERROR
    assert of_result("nonsense") is ExitCode.FAIL
