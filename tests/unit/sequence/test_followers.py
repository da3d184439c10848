"""What follows a sequence, and what waits for what: one execution holds a slot."""

from keptn import events
from tests.unit.sequence.driver import types


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
