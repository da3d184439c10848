"""Digests that are rejected, stages that are pinned."""

from keptn.events import Control, control_type
from keptn.records import deliveries
from tests.unit.sequence.driver import types
from tests.unit.sequence.shipyards import LIVE, delivered


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
