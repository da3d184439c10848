"""What cannot be: an end or a sentence for it, and nothing else changes."""

import pytest

from keptn import events
from keptn.adapters.store.memory import MemoryStore
from tests.unit.sequence.driver import Driver, types
from tests.unit.sequence.shipyards import TALK


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
