"""Timeouts, soaks and freezes."""

import pytest

from keptn import events
from tests.unit.sequence.driver import Driver, types
from tests.unit.sequence.shipyards import delivered


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
