"""A canary through the engine: step by step, and every way to leave that path."""

import pytest

from keptn import events
from keptn.events import Control
from tests.unit.sequence.driver import Driver, types

SHIPYARD = """\
stages:
- name: prod
  deployment_strategy: canary
  canary:
    steps:
    - {weight_percent: 5, hold: 2m}
    - {weight_percent: 25, hold: 5m}
    - {approval: manual}
    - {weight_percent: 60, hold: 5m, evaluation: none}
- {name: after, deployment_strategy: direct, evaluation: none}
"""
BESIDE = {
    "candidate": {"colour": "green", "image": "carts:0.2", "digest": "sha256:carts:0.2"},
    "live": {"colour": "blue", "image": "carts:0.1", "digest": "sha256:carts:0.1"},
}


@pytest.fixture
def canary() -> Driver:
    driver = Driver(SHIPYARD)
    driver.trigger("prod", id="a", image="carts:0.2")
    return driver


def at_step(driver: Driver, number: int) -> Driver:
    """The evaluation of the step is open."""
    driver.finish("deployment", deployment=BESIDE)
    for step in range(1, number + 1):
        driver.finish("traffic", traffic=BESIDE)
        if step < number:
            driver.finish("evaluation")
    return driver


def tasks(driver: Driver, stage: str = "prod") -> list[str]:
    return [task["name"] for task in driver.execution("a", stage)["tasks"]]


def test_each_step_is_a_task_and_is_evaluated(canary):
    """Weights come in the order of the shipyard; a step without evaluation only holds."""
    at_step(canary, 2)
    canary.finish("evaluation")
    canary.finish("approval")
    canary.finish("traffic")
    assert types(canary.advance(299)) == []
    assert types(canary.advance(1)) == ["soak.finished", "release.triggered"]
    canary.finish("release")
    weights = [e.data["traffic"]["weight_percent"] for e in canary.emitted if e.type.endswith("traffic.triggered")]
    assert weights == [5, 25, 60]
    assert canary.told("a", "prod")[:2] == ("finished", "pass")
    assert "after.delivery.triggered" in types(canary.emitted)


def test_the_document_shows_weight_and_step(canary):
    """What `keptn status` says of a step."""
    at_step(canary, 2)
    shares = [task["share"] for task in canary.execution("a", "prod")["tasks"] if task["name"] == "traffic"]
    assert shares == [
        {"weight_percent": 5, "step": 1, "steps": 3},
        {"weight_percent": 25, "step": 2, "steps": 3},
    ]


def test_a_failure_at_any_step_ends_it_and_takes_the_candidate_away(canary):
    """The rollback follows at once; the digest is rejected here."""
    at_step(canary, 2)
    emitted = types(canary.finish("evaluation", "fail", message="too slow"))
    assert emitted == ["prod.delivery.finished", "prod.rollback.triggered", "rollback.triggered"]
    assert canary.told("a", "prod")[1] == "fail"
    canary.finish("rollback")
    canary.trigger("prod", id="again", image="carts:0.2")
    assert "rejected" in canary.told("again", "prod")[2]


@pytest.mark.parametrize("open_task", ["evaluation", "approval", "soak"])
def test_promote_skips_the_rest(canary, open_task):
    """What only watches ends now; what was not judged makes the delivery a warning."""
    at_step(canary, 1 if open_task == "evaluation" else 2)
    if open_task != "evaluation":
        canary.finish("evaluation")
    if open_task == "soak":
        canary.finish("approval")
        canary.finish("traffic")
    assert canary.open[0].type.endswith(f".{open_task}.triggered")
    emitted = types(canary.control(Control.PROMOTE, "a", by="ann", reason="a fix"))
    assert [name for name in emitted if "control" not in name] == [f"{open_task}.finished", "release.triggered"]
    canary.finish("release")
    assert canary.told("a", "prod")[1] == ("warning" if open_task == "evaluation" else "pass")
    assert canary.execution("a", "prod")["promoted"] == "promoted by ann: a fix"
    assert "after.delivery.triggered" in types(canary.emitted)


def test_promote_waits_for_a_task_that_changes_something(canary):
    """A weight that is being set is set first."""
    canary.finish("deployment", deployment=BESIDE)
    canary.control(Control.PROMOTE, "a", by="ann")
    assert [task.type for task in canary.open] == ["sh.keptn.event.traffic.triggered"]
    assert "release.triggered" in types(canary.finish("traffic"))


def test_promote_lets_a_paused_delivery_go_on(canary):
    """A person says go on; the stages after it are not paused either."""
    at_step(canary, 1)
    canary.control(Control.PAUSE, "a")
    canary.finish("evaluation")
    assert canary.open == []
    canary.advance(1)
    canary.control(Control.PROMOTE, "a", by="ann")
    canary.finish("release")
    assert canary.execution("a", "after")["state"] == "started"


def test_promote_before_anything_was_deployed_changes_nothing(canary):
    """There is nothing to release of what still waits for the slot."""
    canary.trigger("prod", id="b", image="carts:0.3")
    canary.control(Control.PROMOTE, "b", by="ann")
    canary.finish("deployment", "fail", deployment=BESIDE)
    canary.finish("rollback")
    canary.finish("deployment", deployment=BESIDE)
    assert [task.type for task in canary.open] == ["sh.keptn.event.traffic.triggered"]


def test_promote_after_the_release_changes_nothing(canary):
    """What follows the release keeps its turn."""
    driver = Driver(SHIPYARD.replace("canary:\n", "soak_time: 1h\n  canary:\n", 1))
    driver.trigger("prod", id="a", image="carts:0.2")
    at_step(driver, 1)
    driver.control(Control.PROMOTE, "a", by="ann")
    driver.finish("release")
    driver.control(Control.PROMOTE, "a", by="ann")
    assert [task.type for task in driver.open] == ["sh.keptn.event.soak.triggered"]


def test_pause_holds_it_between_steps(canary):
    """The weight stays until somebody lets it go on."""
    at_step(canary, 1)
    canary.control(Control.PAUSE, "a")
    canary.finish("evaluation")
    assert (canary.open, canary.state("a")) == ([], "paused")
    assert types(canary.control(Control.RESUME, "a"))[-1] == "traffic.triggered"


def test_abort_ends_it_and_rolls_back(canary):
    """Like any delivery of the talk's form."""
    at_step(canary, 2)
    assert types(canary.control(Control.ABORT, "a", by="ann"))[-1] == "rollback.triggered"


def test_an_alert_during_a_step_ends_it_there_and_then(canary):
    """The rollback goes first, then the problem's remediation."""
    at_step(canary, 2)
    emitted = types(canary.problem("prod", id="p"))
    assert "evaluation.finished" in emitted and emitted[-1] == "rollback.triggered"
    assert canary.told("a", "prod")[1] == "fail"
    assert types(canary.finish("rollback"))[-1] == "get-action.triggered"


def test_a_newer_artifact_waits_for_the_steps(canary):
    """The slot is held from the deployment on."""
    at_step(canary, 1)
    canary.trigger("prod", id="b", image="carts:0.3")
    assert canary.told("b", "prod")[0] == "waiting"


def test_the_first_version_is_judged_once_by_itself(canary):
    """Nothing is live: one step is taken, its evaluation counts, and the rest would change nothing."""
    alone = {"candidate": BESIDE["candidate"], "live": None}
    canary.finish("deployment", deployment=alone)
    canary.finish("traffic", traffic=alone)
    assert "release.triggered" in types(canary.finish("evaluation"))
    assert "nothing to compare it with" in canary.execution("a", "prod")["promoted"]


def test_a_first_version_that_is_a_warning_waits_for_a_person():
    """Where the stage asks about warnings: what is passed over are steps, not the question about the only one."""
    driver = Driver(SHIPYARD.replace("  canary:\n", "  approval_strategy: {warning: manual}\n  canary:\n", 1))
    driver.trigger("prod", id="a", image="carts:0.2")
    driver.finish("approval")
    alone = {"candidate": BESIDE["candidate"], "live": None}
    driver.finish("deployment", deployment=alone)
    driver.finish("traffic", traffic=alone)
    assert types(driver.finish("evaluation", "warning")) == ["approval.triggered"]
    assert "release.triggered" in types(driver.finish("approval"))


def test_a_version_that_was_live_is_released_without_steps(canary):
    """`fast_rollback`: the deployment says so."""
    emitted = types(canary.finish("deployment", deployment={**BESIDE, "promoted": "carts:0.2 was live before"}))
    assert emitted == ["release.triggered"]


def test_steps_of_one_delivery_share_its_epoch(canary):
    """A late repeat of another delivery's step is fenced off."""
    at_step(canary, 2)
    assert {e.epoch for e in canary.emitted if e.type.endswith("traffic.triggered")} == {1}


def test_own_tasks_stand_between_hand_written_steps():
    """The product's form: the same tasks, and an extension's among them; a step's warning is not washed out."""
    driver = Driver(
        """\
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
spec:
  stages:
  - name: prod
    sequences:
    - name: delivery
      tasks:
      - {name: deployment, properties: {deploymentstrategy: canary}}
      - {name: traffic, properties: {weight_percent: 10}}
      - {name: smoke}
      - {name: evaluation, properties: {timeframe: 1m}}
      - {name: traffic, properties: {weight_percent: 50}}
      - {name: soak, properties: {duration: 1m}}
      - {name: release}
"""
    )
    driver.trigger("prod", id="a", image="carts:0.2")
    driver.finish("deployment", deployment=BESIDE)
    driver.finish("traffic")
    driver.finish("smoke")
    driver.finish("evaluation", "warning")
    driver.finish("traffic")
    driver.advance(60)
    driver.finish("release")
    assert tasks(driver) == ["deployment", "traffic", "smoke", "evaluation", "traffic", "soak", "release"]
    assert driver.told("a", "prod")[1] == "warning"


def test_a_new_reason_to_wait_is_shown(canary):
    """`status.changed` of an executor is what people read, whatever comes late."""
    at_step(canary, 1)
    task, now = canary.task("evaluation"), canary.world.clock.now()
    canary.send(events.started(task, source="e", now=now, message="covers the time until 12:00"))
    canary.advance(1)
    later = canary.world.clock.now()
    canary.send(events.status_changed(task, source="e", now=later, message="only 3 of 10 requests"))
    canary.send(events.status_changed(task, source="e", now=now, message="late"))
    assert canary.execution("a", "prod")["waiting"]["why"] == "only 3 of 10 requests"
