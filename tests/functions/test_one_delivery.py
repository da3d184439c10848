"""Several tags of one image."""

import json
from datetime import timedelta

import pytest

from keptn.errors import LostRace
from tests.functions.test_artifacts import told
from tests.functions.test_receive_artifact import PAYLOAD, deliveries, just_now, post, pushes, timers
from tests.functions.test_resolve_artifact import ring
from tests.world import digest_of

GOOD = b"good"  # what keptn/carts:1.0.0 holds
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def digest(world):
    """Of keptn/carts:1.0.0, which is latest and 1.0, too."""
    for tag in ("1.0", "latest"):
        world.registry.push(f"keptn/carts:{tag}", GOOD)
    return world.registry.digest("keptn/carts:1.0.0")


def test_one_notification_of_several_tags_is_one_delivery_that_names_all(world, api, digest):
    """The newest gives it its name; what is another image is not among them."""
    body = pushes("latest", "1.0.0", digest=digest)
    body["events"] += pushes("0.2")["events"]
    answer = post(world, body).json
    (event,) = deliveries(world)
    assert event.data["artifact"]["tag"] == "0.2"  # not all are versions, so the last counts
    assert "tags" not in event.data["artifact"]
    answer = post(world, pushes("0.9", "1.0.0", digest=digest)).json
    artifact = deliveries(world)[-1].data["artifact"]
    assert (artifact["tag"], artifact["tags"]) == ("1.0.0", ["1.0.0", "0.9"])
    assert answer["accepted"][0]["tags"] == ["1.0.0", "0.9"]
    assert answer["ignored"] == []
    assert told(api)[0]["tags"] == ["1.0.0", "0.9"]


def test_a_sender_that_says_no_digest_is_not_the_last_word(world, digest):
    """Then the registry says which tags are the same image."""
    post(world, pushes("1.0", "1.0.0", "0.2", digest=""))
    (event,) = deliveries(world)
    assert event.data["artifact"]["tags"] == ["1.0.0", "1.0"]
    assert event.data["artifact"]["digest"] == digest


def test_tags_that_are_told_of_one_by_one_are_one_delivery(world, api, digest):
    """The later one is accepted as the same; its sender may send again, at any time."""
    first = post(world, pushes("1.0.0", digest=digest)).json["accepted"][0]
    for _ in range(2):
        (same,) = post(world, pushes("latest", digest=digest)).json["accepted"]
        assert (same["id"], same["keptnContext"]) == (first["id"], first["keptnContext"])
        assert "it is the same image as keptn/carts:1.0.0, which came less than a minute before" in same["why"]
        world.clock.sleep(3600)
    assert {event.id for event in deliveries(world)} == {first["id"]}
    again, once, leader = told(api)
    assert [one["outcome"] for one in (leader, once, again)] == ["delivered", "same", "same"]
    assert once["context"] == leader["context"]


def test_a_tag_that_comes_again_is_a_second_push(world, digest):
    """And so is another tag, later than a minute."""
    body = pushes("1.0.0", digest=digest)
    post(world, body)
    post(world, {"events": [{**body["events"][0], "id": "again"}]})
    world.clock.sleep(timedelta(minutes=1).total_seconds())
    post(world, pushes("latest", digest=digest))
    assert len({event.id for event in deliveries(world)}) == 3


def test_who_comes_at_the_same_moment_sees_the_other(world, digest):
    """One of them leads, whoever writes first."""
    put, rival = world.store.put, []

    def raced(name, data, **more):
        if not rival and name.startswith("arrivals/sockshop."):
            rival.append(name)
            post(world, pushes("latest", digest=digest))
        return put(name, data, **more)

    world.store.put = raced
    post(world, pushes("1.0.0", digest=digest))
    first, second = deliveries(world)
    assert first.id == second.id
    assert first.data["artifact"]["tag"] == "latest"


def test_what_the_first_could_not_post_the_second_does(world, digest):
    """He died in between; his sender never sends again."""
    put = world.store.put

    def dies(name, data, **more):
        put(name, data, **more)
        if name.startswith("arrivals/sockshop."):
            raise LostRace("the pod is gone")

    world.store.put = dies
    post_event, world.sink.post = world.sink.post, lambda _: None
    post(world, pushes("1.0.0", digest=digest))
    world.store.put, world.sink.post = put, post_event
    post(world, pushes("latest", digest=digest))
    (event,) = deliveries(world)
    assert event.data["artifact"]["tag"] == "1.0.0"


def test_tags_wait_together(world):
    """An image that comes late has all its names."""
    post(world, just_now(world, pushes("2.0", "2.0.0", digest=digest_of("late"))))
    for tag in ("2.0", "2.0.0"):
        world.registry.push(f"keptn/carts:{tag}", b"late")
    late = world.registry.digest("keptn/carts:2.0")
    assert late == digest_of("late")
    ring(world)
    assert not timers(world)
    (event,) = [one for one in deliveries(world) if one.type.endswith(".delivery.triggered")]
    assert sorted(event.data["artifact"]["tags"]) == ["2.0", "2.0.0"]


def test_a_multi_platform_image_is_one_delivery(world):
    """Its parts come before it, by digest alone; the index has the tag."""
    (event,) = json.loads(PAYLOAD.read_bytes())["events"]
    digest = world.registry.digest("keptn/carts:1.0.0")
    parts = [
        {**event, "id": name, "target": {**event["target"], "digest": digest_of(name), "tag": ""}}
        for name in ("amd64", "arm64", "attestation")
    ]
    index = {**event, "id": "index", "target": {**event["target"], "mediaType": INDEX, "digest": digest}}
    told = post(world, {"events": [*parts, index]}).json
    (delivered,) = deliveries(world)
    assert delivered.data["artifact"]["digest"] == digest
    assert ["it has no tag" in one["why"] for one in told["ignored"]] == [True] * 3
