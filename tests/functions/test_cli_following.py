"""The CLI against the real `api`, in one process: what starts is followed to its end; the exit code tells it."""

import json

import pytest

from tests.world import WHO


@pytest.fixture(autouse=True)
def _executors(world):
    world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}, "rollback": {}}


def test_a_delivery_is_followed_to_its_end(keptn):
    """Every step of every stage is told once; a pass is exit code 0."""
    out = keptn("send", "event", "newartifact", "carts:0.2")[1]
    for stage in ("dev", "staging", "prod"):
        assert f"{stage:<10} delivery     evaluation pass" in out
    assert out.endswith("keptn/carts:0.2 sockshop carts: finished with result pass\n")


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ({"result": "warning", "message": "a bit slow"}, 3),
        ({"result": "fail", "message": "too slow"}, 4),
    ],
)
def test_the_exit_code_is_the_result(keptn, world, ended, code):
    """A warning is 3, a failure is 4, and the reason is told."""
    world.sink.executors["evaluation"] = ended
    given, out, _ = keptn("trigger", "delivery", "--image=carts:0.2", ok=False)
    assert given == code
    assert ended["message"] in out
    context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
    assert keptn("status", context_, ok=False)[0] == code
    assert keptn("status", ok=False)[0] == code


def test_following_has_an_end(keptn, world):
    """A delivery that is stuck is not followed for ever; the command that goes on is said."""
    del world.sink.executors["test"]
    code, _, err = keptn("send", "event", "newartifact", "carts:0.2", "--timeout=0", ok=False)
    assert code == 1
    assert "go on with `keptn status" in err
    out = keptn("get", "delivery", "--unfinished")[1]
    context_ = out.splitlines()[1].split()[0]
    assert "keptn/carts:0.2" in out
    assert "was ended" in keptn("abort", context_, "--reason=stuck")[1]
    assert keptn("status", context_, ok=False)[0] == 1
    assert "cannot pause" in keptn("pause", context_, ok=False)[2]


def test_without_deliveries_the_next_step_is_said(keptn):
    """Nothing to follow: how to start something."""
    assert "there is no delivery yet" in keptn("status", ok=False)[2]
    assert "no such deliveries" in keptn("get", "delivery")[1]
    assert "no dead letters" in keptn("get", "dead-letter")[1]
    assert "there is no dead letter" in keptn("redeliver", "x", ok=False)[2]
    assert "nobody is asked for approval" in keptn("approve", "x", ok=False)[2]


def test_a_manual_rollback_pins_until_a_person_lifts_it(keptn):
    """It says so, with the command; a pin that is not there cannot be lifted."""
    slot = ("--project=sockshop", "--stage=prod", "--service=carts")
    assert "is not pinned" in keptn("unpin", *slot, ok=False)[2]
    out = keptn("trigger", "sequence", "rollback", *slot)[1]
    assert f"sockshop/prod/carts is pinned; keptn unpin {' '.join(slot)} lifts it" in out
    assert "the pin is lifted" in keptn("unpin", *slot)[1]
    assert "is not pinned" in keptn("unpin", *slot, ok=False)[2]


def test_a_person_pins_what_is_live(keptn, world):
    """What is not live cannot be held."""
    slot = ("--project=sockshop", "--stage=prod", "--service=carts", "--reason=the fair is on")
    assert "nothing is live" in keptn("pin", *slot, ok=False)[2]
    world.live("prod", image="keptn/carts:0.2")
    assert "pinned; keptn unpin lifts it" in keptn("pin", *slot)[1]
    assert "pinned already, by ann-0a0a0a0a: the fair is on" in keptn("pin", *slot, ok=False)[2]


def test_orders_say_what_happened(keptn, world):
    """Held, let go, ended: each once; what would change nothing is told."""
    del world.sink.executors["test"]
    keptn("send", "event", "newartifact", "carts:0.2", "--no-wait")
    context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
    assert "is not paused" in keptn("resume", context_, ok=False)[2]
    assert "held before its next task" in keptn("pause", context_, "--stage=dev")[1]
    assert "is paused already" in keptn("pause", context_, ok=False)[2]
    assert "goes on" in keptn("resume", context_)[1]
    assert "is not paused" in keptn("resume", context_, "--stage=dev", ok=False)[2]
    assert "held before its next task" in keptn("pause", context_, "--stage=prod")[1]
    assert "goes on" in keptn("resume", context_, "--stage=prod")[1]
    assert "nothing of delivery" in keptn("rerun", context_, ok=False)[2]
    assert "was ended" in keptn("abort", context_)[1]
    assert "is over (aborted): it cannot abort" in keptn("abort", context_, ok=False)[2]


def test_a_rerun_that_would_be_refused_is(keptn, world):
    """A rejected digest stays rejected, unless somebody says why not."""
    world.sink.executors["evaluation"] = {"result": "fail", "message": "too slow"}
    keptn("send", "event", "newartifact", "carts:0.2", ok=False)
    context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
    world.sink.executors["evaluation"] = {}
    said = keptn("rerun", context_, ok=False)[2]
    assert "keptn/carts:0.2 was rejected in sockshop/dev/carts: evaluation failed: too slow" in said
    assert "--force" in said
    assert keptn("rerun", context_, "--force", ok=False)[0] == 2
    assert "runs again" in keptn("rerun", context_, "--force", "--reason=the limit was wrong")[1]
    assert keptn("status", context_)[0] == 0
    forced = json.loads(keptn("get", "delivery", context_, "-o", "json")[1])["stages"][0]["sequences"][-1]["forced"]
    assert forced == {"by": WHO, "reason": "the limit was wrong"}


def test_without_data_a_rerun_works(keptn, world):
    """A gate that had nothing to judge says nothing about the digest."""
    world.sink.executors["evaluation"] = {"result": "fail", "evaluation": {"noData": True}}
    keptn("send", "event", "newartifact", "carts:0.2", ok=False)
    context_ = json.loads(keptn("get", "delivery", "-o", "json")[1])[0]["context"]
    world.sink.executors["evaluation"] = {}
    assert "runs again" in keptn("rerun", context_)[1]
    assert keptn("status", context_)[0] == 0
