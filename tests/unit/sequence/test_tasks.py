"""Tasks in order, their data and results, several executors of one."""

from keptn import events
from tests.unit.sequence.driver import types
from tests.unit.sequence.shipyards import delivered


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
