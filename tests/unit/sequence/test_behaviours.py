"""What the engine does, one behaviour a test."""

import pytest

from keptn import events
from keptn.adapters.store.memory import MemoryStore
from keptn.events import Control, control_type
from keptn.records import deliveries
from tests.unit.sequence.driver import SLOT, Driver, types

PRODUCT = """\
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: {name: sockshop}
spec:
  stages:
  - name: dev
    sequences:
    - name: delivery
      tasks:
      - {name: deployment, properties: {deploymentstrategy: direct, nested: {a: 1}}}
      - {name: evaluation}
      - {name: release}
    - name: rollback
      triggeredOn: [{event: dev.delivery.finished, selector: {match: {result: fail}}}]
      tasks: [{name: rollback}]
    - name: report
      triggeredOn: [{event: dev.delivery.finished, selector: {match: {release.result: pass}}}]
      tasks: [{name: mail, triggeredAfter: 30s}]
  - name: east
    sequences:
    - {name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: deployment}]}
  - name: west
    sequences:
    - {name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: deployment}]}
  - name: loop
    sequences:
    - name: again
      triggeredOn: [{event: loop.again.finished, selector: {match: {try.result: fail}}}]
      tasks: [{name: try}]
    - {name: many, tasks: [{name: build, properties: {executors: 2}}]}
    - {name: quick, tasks: [{name: build, properties: {timeout: 5s}}]}
    - {name: free, tasks: [{name: build}, {name: pack}]}
    - {name: called, tasks: [{name: smoke, properties: {webhook: here}}, {name: pack}]}
"""
TALK = """\
stages:
  - {name: dev, deployment_strategy: dark, test_strategy: functional}
  - name: prod
    deployment_strategy: blue_green
    remediation: {triggered_after: 3s, timeframe: 5s}
"""
LIVE = {"release": {"live": {"digest": "sha256:carts:0.1", "image": "carts:0.1", "colour": "blue"}}}


@pytest.fixture
def product() -> Driver:
    return Driver(PRODUCT)


@pytest.fixture
def talk() -> Driver:
    return Driver(TALK)


def delivered(driver: Driver, id: str = "one", image: str = "carts:0.1") -> None:
    """A version goes through the talk's shipyard and is live in both stages."""
    driver.trigger("dev", id=id, image=image)
    live = {"live": {"digest": f"sha256:{image}", "image": image, "colour": "blue"}}
    while driver.open:
        name = events.parse_type(driver.open[0].type).name
        driver.finish(name, **({"release": live} if name == "release" else {}))


# --- tasks in order, data, results ----------------------------------------------------------------
def test_tasks_run_in_order_and_stages_follow(talk):
    """An artifact goes through the tasks of the first stage, then through those of the next."""
    delivered(talk)
    assert types(talk.emitted) == [
        "deployment.triggered",
        "test.triggered",
        "evaluation.triggered",
        "release.triggered",
        "dev.delivery.finished",
        "prod.delivery.triggered",
        "deployment.triggered",
        "evaluation.triggered",
        "release.triggered",
        "prod.delivery.finished",
    ]
    assert talk.state("one") == "finished"
    assert talk.delivery("one")["result"] == "pass"


def test_properties_lie_under_the_tasks_name(product):
    """`data.<task>` of the trigger holds the task's properties."""
    (triggered,) = product.trigger("dev", id="one", deployment={"nested": {"b": 2}})
    assert triggered.data["deployment"] == {"deploymentstrategy": "direct", "nested": {"a": 1, "b": 2}}


def test_what_a_task_found_reaches_the_next_task_and_the_next_stage(product):
    """Data is merged on; scope is forced; the message is emptied."""
    product.trigger("dev", id="one", labels={"build": "7"})
    (evaluation,) = product.finish("deployment", deployment={"url": "http://x"}, mine={"n": 1}, message="done")
    assert (evaluation.data["deployment"]["url"], evaluation.data["mine"]) == ("http://x", {"n": 1})
    assert (evaluation.data["message"], evaluation.data["result"]) == ("", "pass")
    product.run(stage="dev")
    east = product.task("deployment", "east")
    assert (east.data["mine"], east.data["labels"], east.data["stage"]) == ({"n": 1}, {"build": "7"}, "east")
    assert "url" not in east.data.get("deployment", {})


def test_a_failed_task_ends_its_sequence(product):
    """The tasks after it are not triggered; the sequence carries its result."""
    product.trigger("dev", id="one")
    emitted = product.finish("deployment", "fail", message="no image")
    assert types(emitted)[0] == "dev.delivery.finished"
    assert (emitted[0].result, emitted[0].message) == ("fail", "no image")


def test_an_errored_task_fails_even_if_it_says_pass(product):
    """What could not be carried out is no pass."""
    product.trigger("dev", id="one")
    assert product.finish("deployment", "pass", status="errored")[0].result == "fail"


def test_a_warning_survives_the_release(product):
    """A release carries out what the evaluation found; its pass does not make the delivery better than that."""
    product.trigger("dev", id="one")
    product.finish("deployment")
    product.finish("evaluation", "warning")
    assert product.finish("release")[0].result == "warning"


# --- several executors ----------------------------------------------------------------------------
def test_everybody_who_started_is_waited_for(product):
    """A task is over when all that announced themselves have finished."""
    product.trigger("loop", "free", id="one")
    product.started("build", source="a")
    product.started("build", source="b")
    assert product.finish("build", source="a") == []
    assert types(product.finish("build", "warning", source="b")) == ["pack.triggered"]


def test_a_webhook_s_task_says_who_carries_it_out(product):
    """Where a Trigger can filter on it; a task without one does not say it."""
    (called,) = product.trigger("loop", "called", id="one")
    assert called.extensions[events.KEPTN_EXECUTOR] == "webhook"
    (next_,) = product.finish("smoke", source="keptn/webhook")
    assert (next_.type, events.KEPTN_EXECUTOR in next_.extensions) == (events.triggered_type("pack"), False)


def test_a_webhook_s_task_is_over_when_who_was_called_says_so(product):
    """It announces itself, and somebody else answers: one end is enough."""
    product.trigger("loop", "called", id="one")
    assert product.started("smoke", source="keptn/webhook") == []
    assert types(product.finish("smoke", "warning", source="a scanner")) == ["pack.triggered"]


def test_a_finished_without_started_counts_as_both(product):
    """An executor that is quick need not announce itself."""
    product.trigger("loop", "free", id="one")
    assert types(product.finish("build")) == ["pack.triggered"]


def test_a_repeated_finished_counts_once(product):
    """Two executors are expected; one that repeats itself is still one."""
    product.trigger("loop", "many", id="one")
    first = product.answer(product.task("build"), source="a")
    assert product.send(first) == []
    assert product.send(first) == []
    assert types(product.finish("build", source="b")) == ["loop.many.finished"]


def test_the_worst_answer_counts_whatever_the_order(product):
    """Results and data of several executors do not depend on the order in which they arrive."""
    outcomes = []
    for order in ("ab", "ba"):
        product.trigger("loop", "many", id=order)
        task = product.task("build")
        answers = {
            "a": product.answer(task, "warning", source="a", x={"from": "a"}, list=[1]),
            "b": product.answer(task, "pass", source="b", x={"from": "b"}, list=[2]),
        }
        product.send(answers[order[0]])
        (end,) = product.send(answers[order[1]])
        outcomes.append((end.result, end.data["x"], end.data["list"]))
    assert outcomes == [("warning", {"from": "b"}, [2, 1])] * 2


# --- what follows ---------------------------------------------------------------------------------
def test_several_stages_follow_in_parallel(product):
    """Two stages that follow the same end run side by side."""
    product.trigger("dev", id="one")
    product.run(stage="dev")
    assert {task.data["stage"] for task in product.open} >= {"east", "west"}


def test_a_selector_may_look_at_the_last_task(product):
    """`<task>.result` means the last executed task; and a task may be triggered later."""
    product.trigger("dev", id="one")
    for name in ("deployment", "evaluation", "release"):
        emitted = product.finish(name, stage="dev")
    assert "dev.report.triggered" in types(emitted)
    assert "mail.triggered" not in types(emitted)
    assert product.advance(29.9) == []
    assert types(product.advance(0.1)) == ["mail.triggered"]


def test_without_a_selector_a_failure_is_not_followed(product):
    """Absent means pass or warning."""
    product.trigger("dev", id="one")
    product.finish("deployment", "fail")
    assert not [task for task in product.open if task.data["stage"] != "dev"]


def test_a_rollback_goes_before_the_queue(product):
    """What follows in the same stage is reserved in the same transition: no queued delivery slips in between."""
    product.trigger("dev", id="one", image="carts:0.1")
    product.trigger("dev", id="two", image="carts:0.2")
    emitted = product.finish("deployment", "fail")
    assert types(emitted) == ["dev.delivery.finished", "dev.rollback.triggered", "rollback.triggered"]
    assert types(product.finish("rollback"))[-1] == "deployment.triggered"


def test_a_sequence_may_trigger_itself(product):
    """A loop ends when its selector no longer matches; every round is an execution of its own."""
    product.trigger("loop", "again", id="one")
    product.finish("try", "fail")
    product.finish("try", "fail")
    product.finish("try", "pass")
    assert [s["result"] for s in product.delivery("one")["stages"][0]["sequences"]] == ["fail", "fail", "pass"]


def test_an_endless_chain_ends_as_errored(product):
    """A loop that never ends by itself is cut, and says why."""
    product.trigger("loop", "again", id="one")
    for _ in range(200):
        if not product.open:
            break
        product.finish("try", "fail")
    assert not product.open
    assert "chain of events" in product.told("one", "loop", "again")[2]


def test_the_evaluation_sequence_is_built_in(talk):
    """Every stage has a sequence `evaluation` of one task."""
    assert types(talk.trigger("prod", "evaluation", id="one")) == ["evaluation.triggered"]


# --- one at a time --------------------------------------------------------------------------------
def test_one_execution_holds_the_slot(product):
    """A second sequence of the same service and stage waits, and says for what."""
    product.trigger("loop", "free", id="one")
    assert product.trigger("loop", "free", id="two") == []
    assert product.state("two") == "waiting"
    assert "free of context-one is running" in product.delivery("two")["waiting"][0]["why"]
    product.finish("build", context="one")
    assert types(product.finish("pack", context="one"))[-1] == "build.triggered"


def test_a_newer_artifact_supersedes_the_queued_one(product):
    """The running one goes on; of those that wait only the youngest stays, and the others say so."""
    product.trigger("dev", id="one", image="carts:0.1")
    product.trigger("dev", id="two", image="carts:0.2")
    product.advance(1)
    product.trigger("dev", id="three", image="carts:0.3")
    assert product.state("two") == "superseded"
    assert product.told("two", "dev") == ("superseded", "fail", "superseded by carts:0.3")
    assert (product.state("one"), product.state("three")) == ("started", "waiting")


def test_superseding_goes_by_age_not_by_arrival(product):
    """An older artifact that arrives late does not take a younger one's place."""
    late = product.event("sh.keptn.event.dev.delivery.triggered", "old", "dev", {"artifact": {"image": "carts:0.1"}})
    product.advance(1)
    product.trigger("dev", id="busy", image="carts:0.3")
    product.advance(1)
    product.send(late)
    assert product.state("old") == "superseded"


def test_epochs_grow_with_every_execution_that_takes_the_slot(product):
    """Each holder's events carry a higher fencing number than the one before."""
    product.trigger("dev", id="one")
    first = product.task("deployment").epoch
    product.finish("deployment", "fail")
    assert (first, product.task("rollback").epoch) == (1, 2)


def test_an_answer_of_a_lower_epoch_changes_nothing(product):
    """A late answer of an execution that lost the slot is not heard."""
    product.trigger("dev", id="one")
    product.finish("deployment", "fail")
    task = product.task("rollback")
    stale = events.finished(task, source="x", now=task.time, result=events.Result.PASS)
    assert product.send(events.from_dict({**events.to_dict(stale), "keptnepoch": "1"})) == []


# --- time -----------------------------------------------------------------------------------------
def test_a_task_that_nobody_starts_ends_after_ten_minutes(product):
    """It ends as errored, with the reason, and what follows a failure follows."""
    product.trigger("dev", id="one")
    assert product.advance(599) == []
    emitted = product.advance(1)
    assert types(emitted) == [
        "deployment.finished",
        "dev.delivery.finished",
        "dev.rollback.triggered",
        "rollback.triggered",
    ]
    assert (emitted[0].status, emitted[0].result) == ("errored", "fail")
    assert "no executor started deployment within 10m" in emitted[0].message
    assert product.told("one", "dev")[0] == "timedOut"


def test_a_task_that_was_started_has_an_hour(product):
    """The first `.started` gives it more time; then it ends, and says who had started it."""
    product.trigger("loop", "many", id="one")
    product.advance(300)
    product.started("build", source="slow")
    assert product.advance(3599) == []
    assert "did not finish within 1h5m; it was started by slow" in product.advance(1)[0].message


@pytest.mark.parametrize("told_first", [False, True])
def test_a_deployment_that_does_not_get_ready_ends_in_minutes(product, told_first):
    """Ten from its `.started`, whatever was told before; the end says what it waited for."""
    product.trigger("dev", id="one")
    task = product.task("deployment")
    if told_first:
        product.send(events.status_changed(task, source="slow", now=product.world.clock.now(), message="Git is away"))
        product.advance(1)
    product.send(events.started(task, source="slow", now=product.world.clock.now(), message="green is not ready yet"))
    assert product.advance(599) == []
    ended = product.advance(1)[0].message
    assert ended.startswith("deployment did not finish within 10m")
    assert ended.endswith("; slow: green is not ready yet")


def test_who_only_tells_something_is_not_waited_for(product):
    """A function that failed tells of it under keptn's name; the step's own answer may come under another."""
    product.trigger("loop", "quick", id="one")
    now = product.world.clock.now()
    product.send(events.status_changed(product.task("build"), source="keptn/build", now=now, message="failed"))
    assert types(product.finish("build", source="build")) == ["loop.quick.finished"]


def test_a_timeout_may_be_set(product):
    """The property `timeout` is the time from the trigger to the end."""
    product.trigger("loop", "quick", id="one")
    product.started("build")
    assert types(product.advance(5)) == ["build.finished", "loop.quick.finished"]


def test_nothing_is_awaited_when_all_is_over(talk):
    """No timer is left when every delivery has ended, so the clock may sleep."""
    delivered(talk)
    assert talk.world.context.due_timers.next_due() is None


def test_a_soak_ends_by_itself():
    """The version must live for a while before it is promoted."""
    driver = Driver(
        "stages: [{name: dev, deployment_strategy: dark, soak_time: 1h}, {name: prod, deployment_strategy: dark}]"
    )
    driver.trigger("dev", id="one")
    for name in ("deployment", "evaluation", "release"):
        driver.finish(name)
    assert driver.advance(3599) == []
    assert types(driver.advance(1))[:3] == ["soak.finished", "dev.delivery.finished", "prod.delivery.triggered"]


def test_a_frozen_stage_lets_nothing_in():
    """What waits is shown as waiting, until when and why; it goes on by itself."""
    driver = Driver(
        "stages: [{name: dev, deployment_strategy: dark, freeze: [{cron: '0 8 * * 1', duration: 2h, reason: standup}]}]"
    )
    assert driver.trigger("dev", id="one") == []
    assert driver.state("one") == "waiting"
    (waiting,) = driver.delivery("one")["waiting"]
    assert (waiting["why"], waiting["until"]) == (
        "dev is frozen: standup",
        "2030-01-07T10:00:00.000000Z",
    )
    assert driver.advance(3599) == []
    assert types(driver.advance(1)) == ["deployment.triggered"]


# --- approval -------------------------------------------------------------------------------------
APPROVAL = """\
stages:
  - {name: dev, deployment_strategy: dark, approval_strategy: {pass: manual}, timeouts: {approval: 1h}}
"""


def test_what_only_waits_for_its_time_does_not_hold_the_slot():
    """A first task that is triggered an hour later has touched nothing: others go before it."""
    head = "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nspec:\n  stages:\n  - name: dev\n    sequences:\n"
    later = "    - {name: later, tasks: [{name: build, triggeredAfter: 1h}]}\n"
    driver = Driver(f"{head}{later}    - {{name: now, tasks: [{{name: check}}]}}\n")
    assert driver.trigger("dev", "later", id="one") == []
    assert types(driver.trigger("dev", "now", id="two")) == ["check.triggered"]
    driver.run()
    assert types(driver.advance(3600)) == ["build.triggered"]


def test_an_approval_before_the_deployment_does_not_hold_the_slot():
    """Another delivery may pass; the state says that a person is awaited."""
    driver = Driver(APPROVAL)
    driver.trigger("dev", id="one", image="carts:0.2")
    assert driver.state("one") == "waitingForApproval"
    assert types(driver.trigger("dev", "evaluation", id="two")) == ["evaluation.triggered"]
    assert driver.finish("approval") == []
    assert driver.state("one") == "waiting"
    assert "deployment.triggered" in types(driver.finish("evaluation"))


def test_an_approval_expires():
    """Nobody answered: the delivery ends; there is nothing to roll back."""
    driver = Driver(APPROVAL)
    driver.trigger("dev", id="one")
    driver.started("approval")
    emitted = driver.advance(3600)
    assert types(emitted) == ["approval.finished", "dev.delivery.finished"]
    assert "nobody approved within 1h" in emitted[1].message


def test_the_first_answer_to_an_approval_counts():
    """Whoever answers; that somebody else announced the question does not matter."""
    driver = Driver(APPROVAL)
    driver.trigger("dev", id="one")
    driver.started("approval", source="keptn/approve")
    assert types(driver.finish("approval", "fail", source="person")) == ["dev.delivery.finished"]


def test_a_newer_artifact_overtakes_one_that_waits_for_approval():
    """When the newer one takes the slot, approving the older one would go back in time: it is superseded."""
    driver = Driver(APPROVAL)
    driver.trigger("dev", id="one", image="carts:0.1")
    driver.advance(1)
    driver.trigger("dev", id="two", image="carts:0.2")
    emitted = driver.finish("approval", context="two")
    assert "approval.finished" in types(emitted)
    assert driver.state("one") == "superseded"


# --- control --------------------------------------------------------------------------------------
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


# --- verdicts, problems ---------------------------------------------------------------------------
def test_a_rejected_digest_is_refused(talk):
    """A failed evaluation is remembered: the digest does not come here again by itself, and is told why."""
    talk.trigger("dev", id="one", image="carts:0.2")
    talk.run(evaluation="fail")
    emitted = talk.trigger("dev", id="two", image="carts:0.2")
    assert types(emitted) == ["dev.delivery.finished"]
    assert "carts:0.2 was rejected in sockshop/dev/carts: evaluation failed" in emitted[0].message


def test_a_person_may_force_a_rejected_digest(talk):
    """With who and why, which the delivery keeps; in this stage only."""
    talk.trigger("dev", id="one", image="carts:0.2")
    talk.run(evaluation="fail")
    talk.trigger("dev", id="two", image="carts:0.2", force={"by": "ann", "reason": "hotfix"})
    assert talk.execution("two", "dev")["forced"] == {"by": "ann", "reason": "hotfix"}
    talk.run(stage="dev")
    assert talk.execution("two", "prod")["forced"] is None


def test_an_evaluation_that_could_not_be_done_rejects_nothing(talk):
    """The delivery fails, but there is no verdict about the digest."""
    talk.trigger("dev", id="one", image="carts:0.2")
    talk.finish("deployment")
    talk.finish("test")
    talk.finish("evaluation", "fail", status="errored")
    talk.finish("rollback")
    assert types(talk.trigger("dev", id="two", image="carts:0.2")) == ["deployment.triggered"]


def test_a_manual_rollback_pins_the_stage(talk):
    """Later deliveries wait, and say who pinned it, until a person lifts it."""
    delivered(talk)
    talk.trigger("prod", "rollback", id="back", rollback={"by": "ann", "reason": "odd logs"})
    assert talk.task("rollback").data["rollback"]["to"] == "previous"
    lifted = "keptn unpin --project=sockshop --stage=prod --service=carts lifts it"
    assert (
        talk.finish("rollback", message="back to 0.0")[0].message
        == f"back to 0.0; sockshop/prod/carts is pinned; {lifted}"
    )
    assert talk.trigger("prod", id="two", image="carts:0.2") == []
    assert talk.delivery("two")["waiting"][0]["why"] == f"sockshop/prod/carts is pinned by ann: odd logs; {lifted}"
    assert "deployment.triggered" in types(talk.control(Control.UNPIN, "", stage="prod", service="carts"))


def test_a_person_pins_what_is_live(talk):
    """Deliveries wait until it is lifted; an order that is delivered again does not undo a newer one."""
    delivered(talk)

    def order(control, id, **data):
        talk.world.clock.sleep(1)
        return talk.event(control_type(control), id, "prod", data)

    def pin():
        return next(slot.pin for slot in deliveries.slots(talk.store, "sockshop") if slot.scope.stage == "prod")

    pinned = order(Control.PIN, "a", by="ann", reason="the fair is on")
    talk.send(pinned)
    assert talk.trigger("prod", id="two", image="carts:0.2") == []
    assert "is pinned by ann: the fair is on; keptn unpin" in talk.delivery("two")["waiting"][0]["why"]
    lifted = order(Control.UNPIN, "b")
    assert "deployment.triggered" in types(talk.send(lifted))
    talk.send(pinned)
    assert pin() is None
    talk.send(order(Control.PIN, "c", by="bob", reason="again"))
    talk.send(lifted)
    assert pin().by == "bob"


def test_a_manual_rollback_that_fails_pins_nothing(talk):
    """Deliveries wait while it is under way, and go on when it could not be done."""
    delivered(talk)
    talk.trigger("prod", "rollback", id="back", rollback={"by": "ann", "reason": "odd logs"})
    assert talk.trigger("prod", id="two", image="carts:0.2") == []
    assert "goes first, asked for by ann: odd logs" in talk.delivery("two")["waiting"][0]["why"]
    assert "deployment.triggered" in types(
        talk.finish("rollback", "fail", status="errored", message="no earlier version")
    )


def test_a_manual_rollback_goes_before_older_deliveries(talk):
    """What is queued already may not slip in between: it would be what is undone."""
    delivered(talk)
    talk.trigger("prod", id="p", image="carts:0.2")
    talk.trigger("prod", id="q", image="carts:0.3")
    talk.trigger("prod", "rollback", id="r", rollback={"by": "ann"})
    talk.finish("deployment")
    talk.finish("evaluation")
    assert types(talk.finish("release", **LIVE)) == ["prod.delivery.finished", "rollback.triggered"]
    assert "goes first, asked for by ann: a manual rollback" in talk.delivery("q")["waiting"][0]["why"]


def test_a_rollback_may_be_asked_for_in_any_words(talk):
    """Data of another shape than ours is no bug."""
    delivered(talk)
    assert types(talk.trigger("prod", "rollback", id="back", rollback="please")) == ["rollback.triggered"]
    assert talk.finish("rollback")


def test_a_problem_starts_the_runbook_again_until_the_evaluation_passes(talk):
    """Action, wait, evaluation; and again while that fails."""
    delivered(talk)
    talk.problem("prod", id="slow")
    talk.finish("get-action")
    talk.finish("action")
    assert types(talk.advance(3)) == ["evaluation.triggered"]
    assert "get-action.triggered" in types(talk.finish("evaluation", "fail"))


def test_a_problem_ends_the_running_evaluation_there_and_then(talk):
    """The delivery fails, its rollback runs, then the runbook acts, for the version that is live."""
    delivered(talk)
    talk.trigger("prod", id="two", image="carts:0.2")
    talk.finish("deployment")
    emitted = talk.problem("prod", id="slow")
    assert types(emitted) == [
        "evaluation.finished",
        "prod.delivery.finished",
        "prod.rollback.triggered",
        "rollback.triggered",
    ]
    assert "ended by a problem" in emitted[1].message
    assert types(talk.finish("rollback")) == ["prod.rollback.finished", "get-action.triggered"]


def test_a_problem_ends_other_tasks_at_their_end(talk):
    """A deployment is not torn apart; after it the delivery ends."""
    delivered(talk)
    talk.trigger("prod", id="two", image="carts:0.2")
    assert talk.problem("prod", id="slow") == []
    assert "evaluation.triggered" not in types(talk.finish("deployment"))
    assert talk.task("rollback")


def test_a_problem_of_a_version_that_is_gone_needs_no_action(talk):
    """The runbook acts only while the problem's digest is live."""
    delivered(talk)
    emitted = talk.problem("prod", id="slow", digest="sha256:carts:0.0")
    assert types(emitted) == ["prod.remediation.finished"]
    assert (emitted[0].result, "no longer live" in emitted[0].message) == ("pass", True)


def test_a_problem_means_the_version_that_was_live_when_it_began(talk):
    """It names no digest: the history of the slot tells."""
    delivered(talk)
    began = events.rfc3339(talk.world.clock.now())
    talk.advance(60)
    delivered(talk, "two", "carts:0.2")
    assert types(talk.problem("prod", id="slow", startsAt=began)) == ["prod.remediation.finished"]
    assert types(talk.problem("prod", id="now")) == ["get-action.triggered"]


def test_the_same_problem_starts_one_remediation(talk):
    """A monitoring system repeats itself; so does its problem's id and start."""
    delivered(talk)
    talk.problem("prod", id="a", PID="1", startsAt="2030-01-07T08:00:00Z")
    talk.run(stage="prod")
    talk.advance(5)
    talk.run(stage="prod")
    emitted = talk.problem("prod", id="b", PID="1", startsAt="2030-01-07T08:00:00Z")
    assert types(emitted) == ["prod.remediation.finished"]
    assert "context-a already" in emitted[0].message


def test_a_flapping_problem_is_one_problem(talk):
    """Over, and open again within minutes: the one that was acted on. Later it is another."""
    delivered(talk)
    talk.problem("prod", id="a", PID="1", startsAt="2030-01-07T08:00:00Z")
    talk.finish("get-action")
    again = talk.problem("prod", id="b", PID="1", startsAt="2030-01-07T08:02:00Z")
    assert types(again) == ["prod.remediation.finished"]
    assert talk.told("b", "prod", "remediation")[1] == "pass"
    assert "it is the problem of delivery context-a; to act on it once more" in again[0].message
    talk.run(stage="prod")
    talk.advance(5)
    talk.run(stage="prod")
    assert talk.told("a", "prod", "remediation")[0] == "finished"
    assert types(talk.problem("prod", id="c", PID="1", startsAt="2030-01-07T08:04:00Z")) == [
        "prod.remediation.finished"
    ]
    talk.advance(600)
    assert "get-action.triggered" in types(talk.problem("prod", id="d", PID="1", startsAt="2030-01-07T08:20:00Z"))


def test_a_flapping_problem_that_nothing_was_done_about_is_not_lost(talk):
    """It was over before its turn, and is there again: it is acted on."""
    delivered(talk)
    talk.problem("prod", id="a", PID="1")
    talk.resolved("prod", "1")
    assert talk.told("a", "prod", "remediation")[2] == OVER
    assert "get-action.triggered" in types(talk.problem("prod", id="b", PID="1", startsAt="2030-01-07T08:02:00Z"))


def test_a_storm_of_one_problem_is_acted_on_once(talk):
    """Each pod's alert in a notification of its own, while something is deployed: the first acts, the others end."""
    delivered(talk)
    talk.trigger("prod", id="two", image="carts:0.2")
    for number in range(20):
        talk.problem("prod", id=f"p{number}", PID="1", startsAt=f"2030-01-07T08:00:{number:02}Z")
    talk.finish("deployment")
    talk.finish("rollback")
    talk.run(stage="prod")
    talk.advance(5)
    talk.run(stage="prod")
    told = [talk.told(f"p{number}", "prod", "remediation") for number in range(20)]
    assert [one[0] for one in told] == ["finished"] * 20
    assert sum("it is the problem of delivery" in one[2] for one in told) == 19


OVER = "too slow was over before anything was done about it"


def test_what_was_resolved_behind_a_delivery_is_not_acted_on(talk):
    """The problem came while something was deployed; when its turn comes, it is over."""
    delivered(talk)
    talk.trigger("prod", id="two", image="carts:0.2")
    talk.problem("prod", id="slow")
    assert types(talk.resolved("prod", "slow")) == ["prod.remediation.finished"]
    assert talk.told("slow", "prod", "remediation") == ("finished", "pass", OVER)
    assert types(talk.finish("deployment"))[-1] == "rollback.triggered"
    assert types(talk.finish("rollback")) == ["prod.rollback.finished"]


def test_what_was_resolved_while_a_person_was_asked_is_not_acted_on(talk):
    """Also where a task runs already, as long as it has changed nothing: the task ends with it, and its late answer
    brings nothing about.
    """
    delivered(talk)
    talk.problem("prod", id="slow")
    late = talk.answer(talk.task("get-action"))
    assert types(talk.resolved("prod", "slow")) == ["get-action.finished", "prod.remediation.finished"]
    assert talk.send(late) == []
    assert talk.told("slow", "prod", "remediation") == ("finished", "pass", OVER)


def test_what_has_been_acted_on_goes_on_when_it_is_resolved(talk):
    """The evaluation tells whether it helped."""
    delivered(talk)
    talk.problem("prod", id="slow")
    talk.finish("get-action")
    assert talk.resolved("prod", "slow") == []
    talk.finish("action")
    assert types(talk.advance(3)) == ["evaluation.triggered"]


def test_the_next_action_is_not_tried_on_what_was_resolved(talk):
    """The first action did not help in time; the problem has gone all the same."""
    delivered(talk)
    talk.problem("prod", id="slow")
    talk.finish("get-action")
    talk.finish("action")
    talk.advance(3)
    talk.finish("evaluation", "fail")
    assert types(talk.resolved("prod", "slow")) == ["get-action.finished", "prod.remediation.finished"]


def test_an_end_that_comes_before_its_beginning_counts(talk):
    """Nothing keeps a monitor's two notifications in order on their way."""
    delivered(talk)
    assert talk.resolved("prod", "slow") == []
    assert types(talk.problem("prod", id="slow")) == ["prod.remediation.finished"]
    assert talk.told("slow", "prod", "remediation")[2] == "the problem was over before this came: too slow"


def test_of_a_group_the_one_that_still_fires_is_acted_on(talk):
    """It is told of again when the other is over, and asks the runbook about itself."""
    delivered(talk)
    one, two = ({"PID": name, "ProblemTitle": name, "State": "OPEN"} for name in "ab")
    talk.trigger("prod", "remediation", id="both", problem=one, problems=[one, two])
    emitted = talk.trigger("prod", "remediation", id="rest", problem=two, problems=[two, {**one, "State": "RESOLVED"}])
    assert types(emitted) == ["get-action.finished", "prod.remediation.finished", "get-action.triggered"]
    assert emitted[-1].data["problem"]["PID"] == "b"


def test_the_end_of_another_problem_changes_nothing(talk):
    """The id and the start tell problems apart."""
    delivered(talk)
    talk.problem("prod", id="slow")
    assert talk.resolved("prod", "other") == []
    assert talk.task("get-action")


def test_a_runbook_that_changed_what_is_live_rejects_what_was(talk):
    """Back to the previous version: the bad one does not come again by itself."""
    delivered(talk)
    talk.problem("prod", id="slow")
    talk.finish("get-action")
    talk.finish("action", action={"live": {"digest": "sha256:carts:0.0", "image": "carts:0.0"}})
    stored = talk.store.get("rejected/sockshop/prod/carts/sha256:carts:0.1.json")
    assert b"replaced by the runbook for: too slow" in stored.data


# --- bad input ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stage", "sequence", "data", "words"),
    [
        ("prd", "delivery", {}, "stage 'prd' is not in shipyard 'sockshop'; stages: dev, prod"),
        ("dev", "delvery", {}, "sequence 'delvery' is not in stage 'dev'"),
        ("dev", "delivery", {"stage": "prod"}, "its data says 'prod'"),
        ("dev", "delivery", {"service": ""}, "lacks service"),
        ("dev", "delivery", {"project": "other"}, "there is no project 'other'"),
    ],
)
def test_what_cannot_be_started_ends_as_errored_with_the_reason(stage, sequence, data, words):
    """Never an exception, never silence: the end of the sequence says what was wrong, and it is recorded."""
    driver = Driver(TALK, projects=["sockshop"])
    event = driver.event(f"sh.keptn.event.{stage}.{sequence}.triggered", "one", stage, data)
    (end,) = driver.send(event)
    assert (end.type, end.result, end.status) == (f"sh.keptn.event.{stage}.{sequence}.finished", "fail", "errored")
    assert words in end.message
    assert driver.state("one") == "finished"
    assert driver.send(event) == []
    assert [posted.id for posted in driver.posted(event)] == [end.id]


def test_an_answer_to_nothing_open_changes_nothing(talk):
    """A task that is over, or was never triggered: recorded by `record`, ignored here."""
    talk.trigger("dev", id="one")
    task = talk.task("deployment")
    talk.finish("deployment")
    assert talk.send(talk.answer(task)) == []
    assert talk.send(events.from_dict({**events.to_dict(talk.answer(task)), "triggeredid": "never"})) == []


def test_an_answer_that_contradicts_its_task_ends_it_as_errored(talk):
    """It names another stage, or another task: the task ends, with the reason."""
    talk.trigger("dev", id="one")
    wrong = events.to_dict(talk.answer(talk.task("deployment")))
    emitted = talk.send(events.from_dict({**wrong, "data": {**wrong["data"], "stage": "prod"}}))
    assert "answered for sockshop/prod/carts, but its task belongs to sockshop/dev/carts" in emitted[0].message
    talk.trigger("prod", id="two")
    wrong = events.to_dict(talk.answer(talk.task("deployment", "prod")))
    emitted = talk.send(events.from_dict({**wrong, "type": "sh.keptn.event.test.finished"}))
    assert "with an event of task 'test'" in emitted[0].message


def test_a_delivery_keeps_the_shipyard_it_began_with(talk):
    """A change of the shipyard on main counts for the next delivery."""
    talk.trigger("dev", id="one")
    talk.world.repo.text = b"stages: [{name: dev, deployment_strategy: dark, evaluation: none}]"
    delivered_types = []
    while talk.open:
        delivered_types += types(talk.finish(events.parse_type(talk.open[0].type).name))
    assert "test.triggered" in delivered_types
    assert "prod.delivery.finished" in delivered_types


def test_data_that_is_too_large_ends_the_task_as_errored(talk):
    """The slot stays small; the executor is told to keep references."""
    talk.trigger("dev", id="one")
    emitted = talk.finish("deployment", blob="x" * 50_000)
    assert "keep references" in emitted[0].message


def test_what_does_not_fit_into_a_slot_is_refused(product):
    """Too much data, too long a queue: the end of the sequence says so, and nobody else is harmed."""
    (end,) = product.trigger("loop", "free", id="large", blob="x" * 50_000)
    assert "send references" in end.message
    for number in range(33):
        product.trigger("loop", "free", id=f"n{number}")
    assert "32 sequences wait" in product.told("n32", "loop", "free")[2]
    assert product.state("n31") == "waiting"


def test_nobody_else_can_end_a_sequence(talk):
    """A `.finished` of a sequence that the engine did not write promotes nothing."""
    forged = talk.event("sh.keptn.event.dev.delivery.finished", "forged", "dev", {"result": "pass"})
    assert talk.send(forged) == []


def test_a_repeated_trigger_starts_nothing_again(talk):
    """Neither while it runs nor long after it ended."""
    event = talk.event("sh.keptn.event.dev.delivery.triggered", "one", "dev", {})
    talk.send(event)
    assert talk.send(event) == []
    talk.run()
    for number in range(40):
        talk.trigger("dev", "evaluation", id=f"e{number}")
        talk.run()
    assert talk.send(event) == []


def test_the_engine_works_on_any_store():
    """State lives in the store alone: a new process goes on where the old one was."""
    store = MemoryStore()
    first = Driver(TALK, store=store)
    first.trigger("dev", id="one")
    second = Driver(TALK, store=store)
    assert types(second.send(first.answer(first.task("deployment")))) == ["test.triggered"]
