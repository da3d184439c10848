"""What waits for a person."""

from tests.unit.sequence.driver import Driver, types

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
