"""What a runbook changed for the time of a problem: taken back when that is over, once, whatever comes in between."""

from datetime import timedelta

import pytest

from keptn.events import Control, Scope
from keptn.records import slots
from tests.unit.sequence.driver import Driver
from tests.unit.sequence.shipyards import TALK

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
ASKED = {"afterwards": {"stays": 60, "longest": 3600}}


@pytest.fixture
def talk():
    driver = Driver(TALK)
    driver.trigger("dev", id="d", image="carts:0.1")
    driver.run()
    return driver


def acted(talk: Driver, problem: str, **action) -> str:
    """A problem whose action has been carried out, and helped. The id of the action's task."""
    talk.problem("prod", id=problem)
    talk.finish("get-action")
    task = talk.task("action")
    talk.finish("action", action=action)
    talk.advance(3)
    talk.finish("evaluation")
    return task.id


def types(emitted) -> list[str]:
    return [event.type.removeprefix("sh.keptn.event.") for event in emitted]


def asked_back(emitted) -> list[str]:
    """Which actions are to be taken back."""
    return [event.data["action"]["of"] for event in emitted if event.type == "sh.keptn.event.action.triggered"]


def test_it_is_taken_back_when_the_problem_is_over(talk):
    """After the time for which it stays; in a sequence with an epoch of its own, which ends like any other."""
    task = acted(talk, "slow", **ASKED)
    assert talk.resolved("prod", "slow") == []
    assert talk.advance(59) == []
    before = slots.read(talk.store, SCOPE).epoch
    emitted = talk.advance(1)
    assert types(emitted) == ["prod.remediation-end.triggered", "action.triggered"]
    assert asked_back(emitted) == [task]
    assert emitted[1].epoch == before + 1 and emitted[1].context == "context-slow"
    assert types(talk.finish("action")) == ["prod.remediation-end.finished"]
    assert slots.read(talk.store, SCOPE).repairs == ()


def test_it_is_taken_back_after_its_time_whatever_the_monitoring_says(talk):
    """A monitor that forgets to say that it is over."""
    task = acted(talk, "slow", **ASKED)
    talk.advance(3590)
    assert asked_back(talk.advance(10)) == [task]
    talk.finish("action")
    assert talk.resolved("prod", "slow") == []


def test_an_action_that_leaves_nothing_is_followed_by_nothing(talk):
    """A rollback stays."""
    acted(talk, "slow", live=None)
    assert slots.read(talk.store, SCOPE).repairs == ()
    talk.resolved("prod", "slow")
    assert talk.advance(90_000) == []


@pytest.mark.parametrize("early", [True, False])
def test_the_end_of_the_problem_may_come_while_the_action_runs(talk, early):
    """It is remembered, and what follows is the same."""
    talk.problem("prod", id="slow")
    talk.finish("get-action")
    task = talk.task("action").id
    if early:
        talk.resolved("prod", "slow")
    talk.finish("action", action={"afterwards": {"stays": 0}})
    talk.advance(3)
    emitted = talk.finish("evaluation")
    if not early:
        emitted += talk.resolved("prod", "slow")
    assert asked_back(emitted) == [task]


def test_what_nobody_answered_for_is_taken_back_too(talk):
    """A function that died on its way may have changed something: nobody knows."""
    talk.problem("prod", id="slow")
    talk.finish("get-action")
    task = talk.task("action").id
    talk.advance(600)  # nobody came
    assert asked_back(talk.resolved("prod", "slow")) == [task]


def test_two_problems_are_taken_back_each_by_itself(talk):
    """The end of one says nothing of the other."""
    one, two = acted(talk, "slow", **ASKED), acted(talk, "slower", **ASKED)
    talk.resolved("prod", "slower")
    assert asked_back(talk.advance(60)) == [two]
    talk.finish("action")
    talk.resolved("prod", "slow")
    assert asked_back(talk.advance(60)) == [one]


def test_it_waits_for_a_delivery_that_is_under_way(talk):
    """One at a time in a slot; it goes next, before another artifact."""
    task = acted(talk, "slow", **ASKED)
    talk.trigger("prod", id="e", image="carts:0.2")
    talk.trigger("prod", id="f", image="carts:0.3")
    talk.resolved("prod", "slow")
    assert types(talk.advance(60)) == ["prod.remediation-end.triggered"]
    for name in ("deployment", "evaluation", "release"):
        emitted = talk.finish(name, stage="prod")
    assert asked_back(emitted) == [task]
    assert "deployment.triggered" not in types(emitted)
    assert "deployment.triggered" in types(talk.finish("action"))


def test_what_cannot_be_taken_back_is_tried_again(talk):
    """Later and later, and not for ever; then a person may do it with `keptn rerun`."""
    task = acted(talk, "slow", **ASKED)
    talk.resolved("prod", "slow")
    talk.advance(60)
    waits = []
    while talk.open:
        talk.finish("action", "fail", message="Git is away")
        began = talk.world.clock.now()
        while not (emitted := talk.advance(60)) and talk.world.clock.now() - began < timedelta(days=1):
            pass
        waits.append((talk.world.clock.now() - began).total_seconds())
        assert asked_back(emitted) in ([task], [])
    assert waits[:3] == [300, 600, 1200] and len(waits) == 7
    emitted = talk.control(Control.RERUN, "slow")
    assert asked_back(emitted) == [task]
    talk.finish("action")
    assert slots.read(talk.store, SCOPE).repairs == ()


def test_a_person_may_end_it(talk):
    """Then it is not tried again."""
    acted(talk, "slow", **ASKED)
    talk.resolved("prod", "slow")
    talk.advance(60)
    talk.control(Control.ABORT, "slow")
    assert slots.read(talk.store, SCOPE).repairs == ()


def test_a_storm_of_problems_loses_nothing(talk):
    """Of too many the oldest is taken back at the next moment."""
    tasks = [acted(talk, f"slow-{number}", **ASKED) for number in range(32)]
    talk.problem("prod", id="one-more")
    emitted = talk.finish("get-action") + talk.advance(10)
    assert types(emitted).count("prod.remediation-end.triggered") == 1
    assert len(slots.read(talk.store, SCOPE).repairs) == 32
    talk.finish("action")
    talk.advance(3)
    assert asked_back(talk.finish("evaluation")) == tasks[:1]


def test_with_its_service_it_is_forgotten(talk):
    """There is nothing left to act on."""
    acted(talk, "slow", **ASKED)
    talk.control(Control.RETIRE, "slow", stage="prod", service="carts")
    assert slots.read(talk.store, SCOPE).repairs == ()


def test_what_is_taken_back_is_done_again_if_the_problem_comes_back(talk):
    """However soon: it is no flapping that could be left alone."""
    acted(talk, "slow", **ASKED)
    talk.resolved("prod", "slow")
    again = talk.problem("prod", id="again", PID="slow", startsAt="2030-01-07T08:02:00Z")
    assert "get-action.triggered" in types(again)


def test_what_stays_is_not_done_again_for_a_flapping_problem(talk):
    """An action that is not to be taken back has done what it could."""
    acted(talk, "slow")
    talk.resolved("prod", "slow")
    again = talk.problem("prod", id="again", PID="slow", startsAt="2030-01-07T08:02:00Z")
    assert types(again) == ["prod.remediation.finished"]
