"""`api`: deliveries through the very engine, with executors that answer at once."""

import json

import pytest

from keptn import events
from keptn.records import deliveries, objects
from tests.world import WHO, error


@pytest.fixture
def delivered(world, api):
    """Start a delivery of keptn/carts:0.2; executors: task to the data that ends it."""

    def start(**executors) -> str:
        world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}, "rollback": {}}
        world.sink.executors = {k: v for k, v in {**world.sink.executors, **executors}.items() if v is not None}
        return str(api("POST", "/v1/delivery", {"image": "carts:0.2"}).json["keptnContext"])

    return start


def test_a_delivery_is_shown_whole(api, delivered):
    """Stages with their sequences and tasks; listed for its project and for all."""
    context_ = delivered()
    view = api("GET", f"/v1/delivery/{context_}").json
    assert (view["state"], view["result"], view["image"]) == ("finished", "pass", "keptn/carts:0.2")
    assert [stage["stage"] for stage in view["stages"]] == ["dev", "staging", "prod"]
    for query in ("", "?project=sockshop", "?service=carts&pageSize=1", "?olderThan=1s"):
        assert [d["context"] for d in api("GET", f"/v1/delivery{query}").json["deliveries"]] == [context_]
    for query in ("?unfinished=true", "?olderThan=1h"):
        assert api("GET", f"/v1/delivery{query}").json["deliveries"] == []
    for query in ("?service=x", "?service=x&unfinished=true", "?service=x&project=sockshop"):
        assert "service 'x'; services: carts" in error(api("GET", f"/v1/delivery{query}"))
    assert api("GET", "/v1/sequence/sockshop").json["deliveries"][0]["context"] == context_


def test_a_service_is_found_behind_any_number_of_others(world, api, delivered, monkeypatch):
    """Filtered before it is limited, however far back; in one project by pages, in all at once."""
    context_ = delivered()
    world.with_sockshop("other")
    for number in range(7):
        moment = world.clock.now()
        world.store.put(objects.delivery("sockshop", service="frontend", context=str(number), root_time=moment), b"{}")
    monkeypatch.setattr(deliveries, "MAX_SCANNED", 3)
    found = api("GET", "/v1/delivery?service=carts&pageSize=1").json["deliveries"]
    assert [delivery["context"] for delivery in found] == [context_]
    assert api("GET", "/v1/delivery?service=carts&pageSize=1&project=sockshop").json["nextPageKey"]


def test_a_delivery_is_not_over_while_it_is_being_promoted(world, api, delivered):
    """Between the end of one stage and the begin of the next the delivery goes on."""
    world.sink.before = _drop("sh.keptn.event.staging.delivery.triggered", world)
    context_ = delivered()
    view = api("GET", f"/v1/delivery/{context_}").json
    assert view["state"] == "started"
    assert view["waiting"] == [{"stage": "staging", "sequence": "delivery", "why": "its start is under way"}]


def test_a_delivery_is_not_over_before_its_rollback_has_begun(world, api, delivered):
    """Its document is the second that one transition writes."""
    context_ = delivered(deployment={"status": "errored", "result": "fail"})
    assert api("GET", f"/v1/delivery/{context_}").json["state"] == "finished"
    for name in world.store.list(objects.executions(context_)).names:
        if deliveries.read(world.store, name)["sequence"] == "rollback":
            world.store.delete(name)
    view = api("GET", f"/v1/delivery/{context_}").json
    assert (view["state"], view["waiting"][0]["sequence"]) == ("started", "rollback")


def test_what_is_stuck_is_found_by_its_age(world, api, delivered):
    """Unfinished and older than."""
    context_ = delivered(test=None)
    assert api("GET", "/v1/delivery?unfinished=true").json["deliveries"][0]["context"] == context_
    assert api("GET", "/v1/delivery?unfinished=true&olderThan=1h").json["deliveries"] == []
    world.clock.sleep(7200)
    assert api("GET", "/v1/delivery?unfinished=true&olderThan=1h").json["deliveries"][0]["context"] == context_
    assert "duration" in error(api("GET", "/v1/delivery?olderThan=long"))


def test_a_delivery_is_aborted_and_run_again(world, api, delivered):
    """Abort ends what is open; what is over cannot be aborted, but run again."""
    context_ = delivered(test=None)
    path = f"/v1/delivery/{context_}/control"
    assert api("POST", path, {"state": "abort", "by": "me", "reason": "wrong"}).status_code == 202
    view = api("GET", f"/v1/delivery/{context_}").json
    assert view["state"] == "aborted"
    assert f"by {WHO}: wrong" in json.dumps(view)
    assert api("POST", path, {"state": "abort"}).status_code == 409
    assert "must be one of pause, resume" in error(api("POST", path, {"state": "explode"}))
    assert api("POST", "/v1/delivery/nothing/control", {"state": "abort"}).status_code == 404


def test_a_rerun_makes_up_for_what_it_repeats(world, api, delivered):
    """Aborted and then run again to a good end, a delivery has passed; its first try stays to be seen."""
    context_ = delivered(test=None)
    path = f"/v1/delivery/{context_}/control"
    api("POST", path, {"state": "abort"})
    world.sink.executors["test"] = {}
    assert api("POST", path, {"state": "rerun"}).status_code == 202
    view = api("GET", f"/v1/delivery/{context_}").json
    assert (view["state"], view["result"]) == ("finished", "pass")
    assert next(s["state"] for s in view["stages"][0]["sequences"] if s["sequence"] == "delivery") == "aborted"
    assert {stage["result"] for stage in view["stages"]} == {"pass"}


def test_a_delivery_is_paused_and_resumed(world, api, delivered):
    """Keptn's own route and word are taken too."""
    context_ = delivered(test=None)
    path = f"/v1/sequence/sockshop/{context_}/control"
    assert api("POST", path, {"state": "pause"}).status_code == 202
    test = next(e for e in world.sink.events if e.type == "sh.keptn.event.test.triggered")
    world.sink.post(events.finished(test, source="x", now=world.clock.now(), result=events.Result.PASS))
    assert api("GET", f"/v1/delivery/{context_}").json["state"] == "paused"
    assert api("POST", path, {"state": "resume"}).status_code == 202
    assert api("GET", f"/v1/delivery/{context_}").json["state"] == "started"


def test_what_waits_for_a_person_is_listed(world, api, delivered):
    """Since when and until when, and why; when it is answered it is gone from the list."""
    asking = b"stages: [{name: dev, deployment_strategy: direct, approval_strategy: {pass: manual}}]"
    world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": asking}, message="by hand\n")
    context_ = delivered()
    (one,) = api("GET", "/v1/approval?project=sockshop").json["approvals"]
    assert (one["context"], one["stage"], one["service"]) == (context_, "dev", "carts")
    assert one["since"] < one["until"]
    assert one["image"] == "keptn/carts:0.2"
    task = next(e for e in world.sink.events if e.type == "sh.keptn.event.approval.triggered")
    assert one["id"] == task.id
    world.sink.post(events.finished(task, source="x", now=world.clock.now(), result=events.Result.PASS))
    assert api("GET", "/v1/approval").json == {"approvals": []}
    assert "projects: sockshop" in error(api("GET", "/v1/approval?project=nope"))


def test_an_unknown_approval_or_letter_is_one_sentence(api):
    """What does not exist cannot be answered or sent again."""
    assert "nobody is asked for approval" in error(api("POST", "/v1/approval/x", {"result": "pass"}))
    assert "there is no dead letter" in error(api("POST", "/v1/dead-letter/x/redeliver", {}))
    assert "there is no dead letter" in error(api("GET", "/v1/dead-letter/x"))
    assert api("GET", "/v1/dead-letter").json == {"deadLetters": [], "nextPageKey": ""}
    assert api("GET", "/v1/delivery/x").status_code == 404


def _drop(event_type, world):
    """Lose an event of that type: the step that it would start is never called."""

    def before(event):
        if event.type == event_type:
            world.sink.executors = {}

    return before
