"""`receive_artifact`: registries' notifications."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from keptn import events
from keptn.errors import Unavailable, Unknown
from keptn.webhooks import artifact
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.senders import registries
from tests.world import digest_of

PAYLOAD = Path(__file__).parents[1] / "payloads/registry/docker_distribution_v1_push_oci.json"
ADMIN = {"Authorization": "Bearer everywhere", "Content-Type": "application/vnd.docker.distribution.events.v1+json"}


def notification(**target):
    body = json.loads(PAYLOAD.read_bytes())
    body["events"][0]["target"].update(target)
    return body


def post(world, body=None, *, token="everywhere"):
    data = json.dumps(body) if body is not None else PAYLOAD.read_bytes()
    return world.client("receive_artifact").post("/", data=data, headers={"Authorization": f"Bearer {token}"})


def deliveries(world):
    return [event for event in world.sink.events if event.type != events.TIMER_SET]


def timers(world):
    return world.store.list("timers/").names


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


def test_a_registry_may_be_pushed_to_by_another_name(world):
    """It tells of itself as it was called from outside; images name it as the cluster does."""
    world.context.settings = replace(
        world.context.settings, registry_aliases="a:1=b:1 127.0.0.1:15000=registry.svc:5000"
    )
    world.store.delete("images/keptn%2Fcarts/sockshop.carts")
    world.store.put("images/registry.svc%3A5000%2Fkeptn%2Fcarts/sockshop.carts", b"{}")
    world.registry.push("registry.svc:5000/keptn/carts:1.0.0", b"good")
    post(world)
    assert world.sink.events[0].data["artifact"]["image"] == "registry.svc:5000/keptn/carts:1.0.0"


def pushes(*tags, **target):
    """One notification that tells of several tags of the repository, each of an image of its own."""
    (event,) = notification(**target)["events"]
    targets = [{**event["target"], "digest": digest_of(tag), **target, "tag": tag} for tag in tags]
    return {"events": [{**event, "id": f"{event['id']}-{one['tag']}", "target": one} for one in targets]}


@pytest.mark.parametrize(
    ("tags", "newest"),
    [
        (("0.2", "1.0.0"), "1.0.0"),
        (("1.0.0", "0.2"), "1.0.0"),
        (("1.0.0", "latest", "0.2"), "0.2"),
        ((*(f"0.1.{n}" for n in range(119)), "1.0.0"), "1.0.0"),
    ],
)
def test_of_several_tags_the_newest_is_delivered(world, tags, newest):
    """Each service gets one event, the others would only be superseded by it; the answer names them."""
    answer = post(world, pushes(*tags)).json
    (event,) = world.sink.events
    assert event.data["artifact"]["tag"] == newest
    assert len(answer["ignored"]) + answer["ignoredMore"] == len(tags) - 1
    assert f"{newest} is the newest of {len(tags)} tags" in answer["ignored"][0]["why"]
    post(world, pushes(*tags))
    assert world.sink.events[1].id == event.id


def test_a_service_with_two_repositories_gets_one_event(world):
    """Where a values file has moved to another repository, pushes of both at once are one delivery."""
    world.store.put("images/keptn%2Fnew/sockshop.carts", b"{}")
    world.registry.push("keptn/new:2.0", b"new")
    told = pushes("1.0.0")
    told["events"] += pushes("2.0", repository="keptn/new")["events"]
    post(world, told)
    assert [event.data["artifact"]["image"] for event in world.sink.events] == ["keptn/new:2.0"]


def test_every_service_of_a_repository_counts(world):
    """However many services run an image, none is left out, and the registry is asked once."""
    for number in range(1100):
        world.store.put(f"images/keptn%2Fcarts/sockshop.carts-{number}", b"{}")
    asked = []
    digest = world.registry.digest
    world.registry.digest = lambda image: asked.append(image) or digest(image)
    told = artifact.accept(
        registries.read(notification(), {}), opened="hooks", ctx=world.context, deadline=Deadline(600)
    )
    assert len(told["accepted"]) == 1101
    assert asked == ["keptn/carts:1.0.0"]


def test_a_registry_that_does_not_answer_keeps_nobody_waiting(world):
    """The sender is answered in time, and hears that keptn asks again by itself."""
    hanging = threading.Event()
    world.registry.digest = lambda _: hanging.wait()
    notified = registries.read(notification(), {})
    for within_s, why in ((0.05, "takes longer than the sender waits"), (0, "is not done yet")):
        (waiting,) = artifact.accept(notified, opened="hooks", ctx=world.context, deadline=Deadline(within_s))[
            "waiting"
        ]
        assert (waiting["project"], waiting["service"], waiting["image"]) == ("sockshop", "carts", "keptn/carts:1.0.0")
        assert waiting["why"].startswith("asking for keptn/carts:1.0.0") and why in waiting["why"]
        assert waiting["why"].endswith("; keptn asks again by itself")
    hanging.set()
    assert len(timers(world)) == 1
    assert not deliveries(world)


def test_the_notification_may_be_faster_than_the_manifest(world):
    """The image is asked for again for some seconds."""
    digest, asked = world.registry.digest, []

    def late(image):
        asked.append(image)
        if len(asked) < 3:
            raise Unknown(f"there is no image {image}")
        return digest(image)

    world.registry.digest = late
    assert post(world).json["accepted"]
    assert len(world.sink.events) == 1


@pytest.mark.parametrize(("age_s", "waits"), [(5, True), (-5, True), (800, True), (1000, False), (-3600, True)])
def test_an_image_that_is_not_there_yet_is_asked_for_again(world, age_s, waits):
    """Until a quarter of an hour after its push; a registry's clock that is ahead loses nothing."""
    body = notification(tag="9.9")
    body["events"][0]["timestamp"] = (world.clock.now() - timedelta(seconds=age_s)).isoformat()
    response = post(world, body)
    assert response.status_code == 202
    assert not deliveries(world)
    (told,) = response.json["waiting" if waits else "ignored"]
    assert "there is no image keptn/carts:9.9" in told["why"]
    assert len(timers(world)) == waits


def just_now(world, body):
    """The notification of a push that was made at this moment."""
    for event in body["events"]:
        event["timestamp"] = world.clock.moment.isoformat()
    return body


def test_what_can_be_started_is(world):
    """A push that has to wait holds up no other one."""
    body = just_now(world, pushes("9.9"))
    world.store.put("images/keptn%2Fold/sockshop.old", b"{}")
    world.registry.push("keptn/old:1.0.0", b"old")
    body["events"] += notification(repository="keptn/old")["events"]
    answer = post(world, body).json
    assert [event.scope.service for event in deliveries(world)] == ["old"]
    assert [one["service"] for one in answer["accepted"]] == ["old"]
    assert [one["service"] for one in answer["waiting"]] == ["carts"]


def test_what_waits_has_one_timer_however_often_it_is_told(world):
    """One per image, for all services that run it; the same notification again is the same one."""
    world.with_sockshop("other")
    body = just_now(world, notification(tag="9.9"))
    for _ in range(2):
        assert len(post(world, body).json["waiting"]) == 2
    assert len(timers(world)) == 1


def test_a_broker_that_is_away_is_the_senders_care(world):
    """503: nothing was accepted that could be lost."""

    def away(_):
        raise Unavailable("the Broker is away")

    world.sink.post = away
    assert post(world).status_code == 503
    assert post(world, just_now(world, notification(tag="9.9"))).status_code == 503


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"repository": "keptn/orders"}, "no service was onboarded with the image repository keptn/orders"),
        ({"tag": ""}, "it has no tag"),
        ({"mediaType": "application/octet-stream"}, "is a layer"),
        ({"digest": "sha256:../x"}, "'sha256:../x' is no digest"),
        ({"tag": "sha256-" + "a" * 64 + ".sig"}, "is a signature"),
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
