"""`api`: pause, resume, abort, rerun, unpin, dead letters; the verbs of the CLI speak to it."""

from dataclasses import replace

import pytest

from keptn.events import Event, Scope
from keptn.orchestration import execution_documents
from keptn.records import dead_letters, objects, slots
from keptn.sequence import codec
from keptn.sequence.slot import Execution, Pin, Rank, Slot, TaskRun
from tests.world import WHO, error


@pytest.fixture
def write(world):
    """Writes the document of a delivery in dev, which has triggered these tasks."""

    def written(*tasks: str, revision: int = 1) -> str:
        now = world.context.clock.now()
        runs = tuple(
            TaskRun(name=name, index=place, id=f"task-{name}", triggered_at=now, due=now)
            for place, name in enumerate(tasks)
        )
        execution = Execution(
            id="1",
            context="c",
            sequence="delivery",
            shipyard="",
            rank=Rank.ORDINARY,
            triggered_at=now,
            root_time=now,
            runs=runs,
        )
        scope = Scope(project="sockshop", stage="dev", service="carts")
        execution_documents.write(world.context.store, execution, scope=scope, revision=revision)
        return "c"

    return written


@pytest.fixture
def delivery(write) -> str:
    return write()


@pytest.mark.parametrize("state", ["pause", "abort"])
def test_a_delivery_is_controlled_by_an_event(world, api, delivery, state):
    """The event carries the delivery's context, who asked and why; the engine alone writes state."""
    response = api("POST", f"/v1/delivery/{delivery}/control", {"state": state, "by": "ann", "reason": "lunch"})
    (event,) = world.sink.events
    assert response.status_code == 202
    assert (event.type, event.context) == (f"sh.keptn.control.{state}", "c")
    assert event.data == {"project": "sockshop", "by": WHO, "reason": "lunch"}


def test_a_candidate_may_be_promoted(world, api, write):
    """What waits between its deployment and its release."""
    delivery = write("deployment", "traffic", "evaluation")
    response = api("POST", f"/v1/delivery/{delivery}/control", {"state": "promote", "stage": "dev", "by": "ann"})
    assert (response.status_code, world.sink.events[0].type) == (202, "sh.keptn.control.promote")


@pytest.mark.parametrize("tasks", [(), ("approval",), ("deployment", "evaluation", "release")])
def test_what_has_nothing_to_release_is_not_promoted(world, api, write, tasks):
    """Nothing is deployed yet, or it is released already; and not in another stage."""
    delivery = write(*tasks)
    response = api("POST", f"/v1/delivery/{delivery}/control", {"state": "promote"})
    assert (response.status_code, world.sink.events) == (409, [])
    assert "no candidate that waits for its release" in response.json["error"]
    write("deployment", revision=2)
    elsewhere = api("POST", f"/v1/delivery/{delivery}/control", {"state": "promote", "stage": "prod"})
    assert "no candidate in prod that waits" in elsewhere.json["error"]


def test_one_stage_may_be_meant(world, api, delivery):
    """The stage is checked against the shipyard."""
    assert api("POST", f"/v1/delivery/{delivery}/control", {"state": "pause", "stage": "prod"}).status_code == 202
    assert world.sink.events[0].data["stage"] == "prod"
    assert api("POST", f"/v1/delivery/{delivery}/control", {"state": "pause", "stage": "prd"}).status_code >= 400


def test_what_cannot_be_controlled_is_one_sentence(api, delivery):
    """An unknown delivery, an unknown state."""
    assert "there is no delivery" in api("POST", "/v1/delivery/x/control", {"state": "pause"}).json["error"]
    assert "must be one of" in api("POST", f"/v1/delivery/{delivery}/control", {"state": "stop"}).json["error"]


def test_a_pin_is_lifted_by_an_event(world, api):
    """For one service in one stage; what is not pinned is told."""
    scope = Scope(project="sockshop", stage="prod", service="carts")
    assert "sockshop/prod/carts is not pinned" in error(
        api("POST", "/v1/project/sockshop/stage/prod/service/carts/unpin", {})
    )
    pin = Pin(by="ann", reason="odd logs", at=world.clock.now())
    world.store.put(objects.slot(scope), codec.encode(Slot(scope=scope, pin=pin)))
    assert api("POST", "/v1/project/sockshop/stage/prod/service/carts/unpin", {"by": "ann"}).status_code == 202
    assert world.sink.events[0].data == {"project": "sockshop", "stage": "prod", "service": "carts", "by": WHO}


def test_a_pin_is_set_by_an_event(world, api):
    """With its reason; what has nothing to hold, and what is held already, is told."""
    path = "/v1/project/sockshop/stage/prod/service/carts/pin"
    assert "lacks 'reason'" in error(api("POST", path, {}))
    assert "nothing is live in sockshop/prod/carts" in error(api("POST", path, {"reason": "fair"}))
    world.live("prod", image="keptn/carts:0.2")
    assert api("POST", path, {"reason": "fair"}).status_code == 202
    told = {"project": "sockshop", "stage": "prod", "service": "carts", "by": WHO, "reason": "fair"}
    assert (world.sink.events[0].type, world.sink.events[0].data) == ("sh.keptn.control.pin", told)
    pin = Pin(by="ann", reason="odd logs", at=world.clock.now())
    scope = Scope(project="sockshop", stage="prod", service="carts")
    world.store.put(objects.slot(scope), codec.encode(replace(slots.read(world.store, scope), pin=pin)))
    assert "is pinned already, by ann: odd logs" in error(api("POST", path, {"reason": "fair"}))


def test_dead_letters_are_seen_and_sent_again(world, api):
    """The event goes out as it was."""
    event = Event(type="sh.keptn.event.test.finished", id="1", source="x", time=world.context.clock.now(), context="c")
    dead_letters.take(event, world.context)
    (letter,) = api("GET", "/v1/dead-letter").json["deadLetters"]
    assert api("GET", f"/v1/dead-letter/{letter['id']}").json == letter
    assert api("POST", f"/v1/dead-letter/{letter['id']}/redeliver", {}).status_code == 202
    assert world.sink.events == [event]
    assert api("GET", "/v1/dead-letter").json["deadLetters"] == []
    assert "keptn get dead-letter" in api("POST", f"/v1/dead-letter/{letter['id']}/redeliver", {}).json["error"]
