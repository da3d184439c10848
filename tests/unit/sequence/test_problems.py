"""Problems, repeated, flapping, resolved, and what is done about them."""

from keptn import events
from tests.unit.sequence.driver import types
from tests.unit.sequence.shipyards import delivered


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
