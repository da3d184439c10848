"""`receive_artifact`: registries' notifications."""

import json
from pathlib import Path

import pytest

PAYLOAD = Path(__file__).parents[1] / "payloads/registry/docker_distribution_v1_push_oci.json"
ADMIN = {"Authorization": "Bearer everywhere", "Content-Type": "application/vnd.docker.distribution.events.v1+json"}


def notification(**target):
    body = json.loads(PAYLOAD.read_bytes())
    body["events"][0]["target"].update(target)
    return body


def post(world, body=None, *, token="everywhere"):
    data = json.dumps(body) if body is not None else PAYLOAD.read_bytes()
    return world.client("receive_artifact").post("/", data=data, headers={"Authorization": f"Bearer {token}"})


def test_a_push_starts_the_delivery_in_the_first_stage(world):
    """A captured notification becomes the first stage's delivery, with the digest that the registry knows."""
    response = post(world)
    assert response.status_code == 202
    (event,) = world.sink.events
    assert event.type == "sh.keptn.event.dev.delivery.triggered"
    assert event.data["configurationChange"] == {"values": {"image": "keptn/carts:1.0.0"}}
    assert event.data["artifact"] == {
        "image": "keptn/carts:1.0.0",
        "tag": "1.0.0",
        "digest": world.registry.digest("keptn/carts:1.0.0"),
        "repository": "keptn/carts",
        "registry_event": "0914579b-c43a-488e-b788-82c2c084ddc4",
    }
    (accepted,) = response.json["accepted"]
    assert (accepted["keptnContext"], accepted["id"]) == (event.context, event.id)


def test_a_repetition_is_the_same_delivery(world):
    """The same notification again gives the same ids; a second push of the same image gives others."""
    post(world)
    post(world)
    body = notification()
    body["events"][0]["id"] = "another"
    post(world, body)
    first, again, second = world.sink.events
    assert (first.id, first.context) == (again.id, again.context)
    assert second.id != first.id
    assert second.context != first.context


def test_every_service_of_a_repository_is_started(world):
    """An image that two projects run starts a delivery in each, told apart by their ids."""
    world.with_sockshop("other")
    post(world)
    assert [event.scope.project for event in world.sink.events] == ["other", "sockshop"]
    assert len({event.context for event in world.sink.events}) == 2


def test_a_repository_may_be_onboarded_with_its_host(world):
    """A values file may name the registry's host; then the image keeps it."""
    world.store.delete("images/keptn%2Fcarts/sockshop.carts")
    world.store.put("images/127.0.0.1%3A15000%2Fkeptn%2Fcarts/sockshop.carts", b"{}")
    world.registry.push("127.0.0.1:15000/keptn/carts:1.0.0", b"good")
    post(world)
    assert world.sink.events[0].data["artifact"]["image"] == "127.0.0.1:15000/keptn/carts:1.0.0"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"repository": "keptn/orders"}, "no service was onboarded with the image repository keptn/orders"),
        ({"tag": "9.9"}, "keptn/carts:9.9"),
        ({"tag": ""}, "it has no tag"),
        ({"mediaType": "application/octet-stream"}, "is a layer"),
    ],
)
def test_what_will_never_work_is_accepted_and_ignored(world, target, why):
    """A registry sends again what it is refused, so what starts nothing is answered 202 with the reason."""
    response = post(world, notification(**target))
    assert response.status_code == 202
    assert response.json["accepted"] == []
    assert why in response.json["ignored"][0]["why"]
    assert not world.sink.events


def test_a_broken_shipyard_is_said(world):
    """A project whose shipyard cannot be read starts nothing and says where it is wrong."""
    world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": b"stages: ["}, message="Break\n")
    assert "shipyard.yaml:2: not valid YAML" in post(world).json["ignored"][0]["why"]


@pytest.mark.parametrize(("token", "said"), [("nonsense", "the token is wrong"), ("trouble", "the token is wrong")])
def test_a_wrong_token_is_refused(world, token, said):
    """Only tokens of registry hooks open this door; the sentence says what to send."""
    response = post(world, token=token)
    assert response.status_code == 401
    assert said in response.json["error"]
    assert not world.sink.events


def test_a_services_token_is_for_that_service_only(world):
    """The token of one service starts that one and no other."""
    world.with_sockshop("other")
    response = post(world, token="sockshop.carts.x")
    assert [event.scope.project for event in world.sink.events] == ["sockshop"]
    assert "the token is not that of other/carts" in response.json["ignored"][0]["why"]


@pytest.mark.parametrize("body", ["{", "[]", '{"hello": 1}', ""])
def test_an_unknown_shape_is_one_sentence(world, body):
    """A body that no known registry sends is one sentence."""
    response = world.client("receive_artifact").post("/", data=body, headers=ADMIN)
    assert response.status_code == 400
    assert set(response.json) == {"error"}


def test_a_body_that_is_too_large_is_refused(world):
    """More than two megabytes are not read."""
    response = world.client("receive_artifact").post("/", data=b" " * (2 * 1024 * 1024 + 1), headers=ADMIN)
    assert response.status_code == 413
