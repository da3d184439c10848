"""Pause, resume, abort, rerun, and deletion."""

import pytest

from keptn import events
from keptn.events import Control
from tests.unit.sequence.driver import SLOT, Driver, types
from tests.unit.sequence.shipyards import PRODUCT


def test_pause_holds_the_next_task(product):
    """The running task goes on; the next is held until the delivery is resumed."""
    product.trigger("dev", id="one")
    product.control(Control.PAUSE, "one", reason="lunch")
    assert product.finish("deployment") == []
    assert product.state("one") == "paused"
    assert "evaluation.triggered" in types(product.control(Control.RESUME, "one"))


def test_a_pause_before_the_deployment_frees_the_slot():
    """Nothing was changed yet, so others may go first."""
    driver = Driver(PRODUCT)
    driver.trigger("loop", "free", id="one")
    driver.control(Control.PAUSE, "one")
    driver.finish("build")
    assert types(driver.trigger("loop", "quick", id="two")) == ["build.triggered"]


def test_a_paused_delivery_stays_paused_in_the_next_stage(product):
    """Pausing holds what has not begun, too."""
    product.trigger("dev", id="one")
    product.control(Control.PAUSE, "one", stage="east")
    product.run(stage="dev")
    assert product.told("one", "east")[0] == "paused"
    assert product.told("one", "west")[0] == "started"


def test_a_resume_that_comes_before_its_pause_wins_by_time(product):
    """Orders count by the time they were given."""
    product.trigger("dev", id="one")
    pause = product.event("sh.keptn.control.pause", "p", "dev", {})
    pause = events.from_dict({**events.to_dict(pause), "shkeptncontext": "context-one"})
    product.advance(1)
    product.control(Control.RESUME, "one", stage="dev", **SLOT)
    product.send(pause)
    assert types(product.finish("deployment")) == ["evaluation.triggered"]


def test_abort_touches_only_what_is_unfinished(product):
    """Open tasks and waiting sequences end as aborted; what had ended stays; late answers are not heard."""
    product.trigger("dev", id="one")
    for name in ("deployment", "evaluation", "release"):
        product.finish(name, stage="dev")
    late = product.answer(product.task("deployment", "east"))
    emitted = product.control(Control.ABORT, "one", reason="wrong build")
    assert product.told("one", "dev")[0] == "finished"
    assert product.told("one", "east") == ("aborted", "fail", "aborted by person: wrong build")
    assert {"east.delivery.finished", "deployment.finished"} <= set(types(emitted))
    assert product.send(late) == []
    assert product.state("one") == "aborted"


def test_an_aborted_delivery_is_rolled_back_in_the_talks_form(talk):
    """Its candidate must not stay half way in."""
    talk.trigger("dev", id="one")
    talk.finish("deployment")
    emitted = types(talk.control(Control.ABORT, "one"))
    assert emitted[-2:] == ["dev.rollback.triggered", "rollback.triggered"]


@pytest.mark.parametrize("what", ["project", "service"])
def test_a_deletion_ends_what_runs_and_starts_nothing(talk, what):
    """The project or service is going: its deliveries end as aborted, and nothing is rolled back."""
    talk.trigger("dev", id="one")
    deletion = talk.event(f"sh.keptn.event.{what}.delete.triggered", "gone", "", {"stage": ""})
    assert types(talk.send(deletion)) == ["deployment.finished", "dev.delivery.finished", f"{what}.retired"]
    assert talk.told("one", "dev") == ("aborted", "fail", f"aborted by outside: {what} deleted")
    assert talk.world.context.due_timers.next_due() is None


def test_a_problem_that_another_notification_told_of_is_known(talk):
    """A notification lists several; that another of them leads the next one makes it no new problem."""
    one, two = ({"PID": name, "startsAt": "2030-01-07T08:00:00Z", "State": "OPEN"} for name in "ab")
    talk.trigger("prod", "remediation", id="first", problem=one, problems=[one, two])
    talk.trigger("prod", "remediation", id="second", problem=two, problems=[two])
    assert talk.told("second", "prod", "remediation") == (
        "finished",
        "pass",
        "the problem b is in delivery context-first already",
    )


def test_a_gate_without_data_says_nothing_about_the_digest(talk):
    """The delivery fails; the same image may be delivered again, for nobody has judged it."""
    talk.trigger("dev", id="one", image="carts:1")
    talk.finish("deployment")
    talk.finish("test")
    talk.finish("evaluation", "fail", evaluation={"noData": True})
    talk.run()
    assert talk.told("one", "dev")[1] == "fail"
    talk.trigger("dev", id="two", image="carts:1")
    assert talk.state("two") == "started"


@pytest.mark.parametrize(
    ("said", "result", "message"),
    [
        ({"status": "succeeded", "result": "PASS "}, "pass", ""),
        ({"status": "Succeeded", "result": "Warning"}, "warning", ""),
        ({"status": "errored", "message": "no such tool"}, "fail", "no such tool"),
        (
            {"status": "succeeded"},
            "fail",
            "build.finished of scanner has no result; it must be one of pass, warning, fail",
        ),
        (
            {"status": "succeeded", "result": "failed", "message": "3 CVEs"},
            "fail",
            "3 CVEs; build.finished of scanner says result 'failed'; it must be one of pass, warning, fail",
        ),
        (
            {"result": "pass"},
            "fail",
            "build.finished of scanner has no status; it must be one of succeeded, errored, unknown, aborted",
        ),
    ],
)
def test_an_answer_that_cannot_be_read_says_why(product, said, result, message):
    """Letters and blanks do not matter; what is left out or is another word fails, with the reason."""
    product.trigger("loop", "quick", id="one")
    answer = product.answer(product.task("build"), source="scanner")
    emitted = product.send(events.with_data(answer, {**product.task("build").data, "message": "", **said}))
    assert (emitted[0].result, emitted[0].message) == (result, message)


def test_a_rerun_begins_with_the_failed_task(product):
    """What was done before it is not done again."""
    product.trigger("loop", "free", id="one")
    product.finish("build", artifact={"path": "x"})
    product.finish("pack", "fail")
    emitted = product.control(Control.RERUN, "one")
    assert types(emitted)[1:] == ["loop.free.triggered", "pack.triggered"]
    assert product.task("pack").data["artifact"] == {"path": "x"}
    product.run()
    assert product.told("one", "loop", "free")[1] == "pass"
    assert product.delivery("one")["result"] == "pass"


def test_a_rerun_lifts_an_abort(product):
    """The stages that follow are reached, though the delivery had been aborted as a whole."""
    product.trigger("dev", id="one")
    product.control(Control.ABORT, "one")
    product.advance(1)
    product.control(Control.RERUN, "one")
    product.run(stage="dev")
    assert product.told("one", "east")[0] == "started"


def test_a_rerun_after_a_rollback_begins_with_the_deployment(talk):
    """The candidate is gone; it has to be deployed again, with a new epoch."""
    talk.trigger("dev", id="one")
    talk.finish("deployment")
    talk.finish("test", "fail")
    talk.run()
    assert types(talk.control(Control.RERUN, "one"))[-1] == "deployment.triggered"
    assert talk.task("deployment").epoch == 3
