"""A service wants its images for some platforms."""

import logging
import threading

from keptn.errors import Refused, Unavailable, Unknown
from keptn.events import Scope
from keptn.webhooks import artifact
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.digests import ASKED_FOR
from keptn.webhooks.senders import registries
from tests.functions.test_artifacts import told
from tests.functions.test_receive_artifact import deliveries, just_now, notification, post, pushes, timers
from tests.functions.test_resolve_artifact import ring
from tests.functions.test_tag_rules import ruled

BOTH = "{glob: '*'}, platforms: [linux/amd64, linux/arm64]"
LACKS = "the image has linux/amd64, and lacks linux/arm64 of image.platforms of sockshop/carts"


def counted(world) -> list[str]:
    """Of what platforms are asked for."""
    asked, platforms = list[str](), world.registry.platforms
    world.registry.platforms = lambda image: asked.append(image) or platforms(image)
    return asked


def test_an_image_that_lacks_one_is_not_delivered_and_says_why(world, api, caplog, monkeypatch):
    """To the sender, to people, and in the log; with both it is."""
    monkeypatch.setattr(logging.getLogger("keptn"), "handlers", [caplog.handler])
    caplog.set_level("INFO", logger="keptn")
    ruled(world, BOTH)
    (ignored,) = post(world).json["ignored"]
    assert ignored["why"] == LACKS
    assert LACKS in caplog.text
    (arrival,) = told(api)
    assert (arrival["outcome"], arrival["why"]) == ("ignored", LACKS)
    assert not deliveries(world)
    world.registry.push("keptn/carts:2.0.0", b"2.0.0", platforms=("linux/amd64", "linux/arm64/v8"))
    assert post(world, pushes("2.0.0")).json["accepted"]
    (event,) = deliveries(world)
    assert event.scope == Scope(project="sockshop", stage="dev", service="carts")


def test_the_registry_is_asked_for_a_rule_alone_and_once(world):
    """For all services and by the digest that is delivered."""
    asked = counted(world)
    post(world)
    assert asked == []
    world.with_sockshop("other")
    ruled(world, "{glob: '*'}, platforms: [linux/amd64]")
    world.store.put("images/keptn%2Fcarts/other.carts", b'{"platforms": ["linux/arm64"]}')
    answer = post(world).json
    assert asked == [f"keptn/carts:1.0.0@{world.registry.digest('keptn/carts:1.0.0')}"]
    assert [one["project"] for one in answer["accepted"]] == ["sockshop"]
    assert answer["ignored"][0]["why"].endswith("lacks linux/arm64 of image.platforms of other/carts")


def test_an_image_that_is_not_delivered_is_no_newest_version(world):
    """What came before it by number still may be."""
    ruled(world, "{semver: '*', newest: true}, platforms: [linux/arm64]")
    post(world)
    world.registry.push("keptn/carts:0.9.0", b"0.9.0", platforms=["linux/arm64"])
    assert post(world, pushes("0.9.0")).json["accepted"]


def test_a_registry_that_is_slow_or_away_is_asked_again(world, api):
    """As for the digest: the sender is answered in time, and nothing is lost."""
    ruled(world, "{glob: '*'}, platforms: [linux/amd64]")
    hanging, platforms = threading.Event(), world.registry.platforms
    world.registry.platforms = lambda _: hanging.wait()
    notified = registries.read(just_now(world, notification()), {})
    (waiting,) = artifact.accept(notified, opened="hooks", ctx=world.context, deadline=Deadline(0.5))["waiting"]
    assert waiting["why"].startswith("asking for the platforms of keptn/carts:1.0.0 takes longer")
    hanging.set()
    assert len(timers(world)) == 1

    def not_yet(image):
        raise Unknown(f"there is no image {image}")

    world.registry.platforms = not_yet
    ring(world)
    assert len(timers(world)) == 1
    world.registry.platforms = platforms
    ring(world)
    (event,) = deliveries(world)[-1:]
    assert event.type == "sh.keptn.event.dev.delivery.triggered"
    assert not timers(world)


def test_what_waits_and_lacks_one_says_why_then(world, api, caplog):
    """And what is never said is given up."""
    ruled(world, BOTH)
    platforms = world.registry.platforms

    def away(_):
        raise Unavailable("the registry is away")

    world.registry.platforms = away
    assert post(world, just_now(world, notification())).json["waiting"]
    world.registry.platforms = platforms
    ring(world)
    (arrival,) = told(api)
    assert (arrival["outcome"], arrival["why"]) == ("ignored", LACKS)
    assert LACKS in caplog.text
    world.registry.platforms = away
    assert post(world, just_now(world, notification(tag="0.2"))).json["waiting"]
    world.clock.sleep(ASKED_FOR.total_seconds())
    ring(world)
    assert told(api)[0]["why"].endswith("push it again: the registry is away")


def test_what_is_no_image_is_not_asked_for_again(world):
    """It will not become one."""
    ruled(world, BOTH)

    def none(_):
        raise Refused("it is no image")

    world.registry.platforms = none
    assert post(world).json["ignored"][0]["why"] == "it is no image"
    assert not timers(world)


def test_a_person_may_deliver_it_and_is_warned(world, api):
    """Whoever sends an image by hand means it; without trouble nothing is said."""
    ruled(world, BOTH)
    answer = api("POST", "/v1/delivery", {"image": "carts:0.2"})
    assert answer.status_code == 202
    told = "the image has linux/amd64, and lacks linux/arm64 of image.platforms; it is delivered all the same"
    assert answer.json["warnings"] == [f"{told}, as you asked for it"]
    assert len(deliveries(world)) == 1

    def away(_):
        raise Unavailable("the registry is away")

    world.registry.platforms = away
    (warning,) = api("POST", "/v1/delivery", {"image": "carts:0.2"}).json["warnings"]
    assert warning.startswith("nobody knows the image's platforms: the registry is away; it is delivered")
    ruled(world, "{glob: '*'}")
    assert "warnings" not in api("POST", "/v1/delivery", {"image": "carts:0.2"}).json
