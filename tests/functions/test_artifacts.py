"""What registries told of, as people ask for it."""

from datetime import timedelta

import pytest

from keptn.errors import Unavailable
from keptn.webhooks.digests import ASKED_FOR
from tests.functions.test_receive_artifact import deliveries, just_now, notification, post, pushes, timers
from tests.functions.test_resolve_artifact import ring
from tests.world import error


def told(api, **query):
    answer = api("GET", "/v1/artifact", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json["artifacts"]


def test_what_was_delivered_has_its_delivery(world, api):
    """The image, what became of it, and where to look further."""
    post(world)
    (event,) = deliveries(world)
    (arrival,) = told(api)
    assert (arrival["project"], arrival["service"], arrival["image"]) == ("sockshop", "carts", "keptn/carts:1.0.0")
    assert (arrival["outcome"], arrival["context"], arrival["why"]) == ("delivered", event.context, "")
    assert arrival["digest"] == event.data["artifact"]["digest"]


def test_what_was_not_delivered_says_why(world, api):
    """The image itself, or a tag that came with a newer one."""
    post(world, notification(digest="sha256:../x"))
    post(world, pushes("0.2", "1.0.0"))
    both, wrong = told(api)
    assert wrong["outcome"] == "ignored" and "is no digest" in wrong["why"]
    assert both["image"] == "keptn/carts:1.0.0"
    assert both["others"] == [{"tag": "0.2", "why": "a newer one came with it"}]


@pytest.mark.parametrize("comes", [True, False])
def test_what_waits_is_one_line_that_changes(world, api, comes):
    """Waiting at first, with the reason; then what came of it."""
    post(world, just_now(world, notification(tag="9.9")))
    (arrival,) = told(api)
    assert arrival["outcome"] == "waiting" and "there is no image keptn/carts:9.9" in arrival["why"]
    if comes:
        world.registry.push("keptn/carts:9.9", b"late")
    while timers(world):
        ring(world)
    (later,) = told(api)
    assert later["time"] == arrival["time"]
    assert later["outcome"] == ("delivered" if comes else "ignored")
    assert "push it again" in later["why"] or comes


def test_a_notification_that_is_repeated_while_it_waits_is_the_same_line(world, api):
    """Its timer is the same, and so is the end of its wait; told once more after that, it waits anew."""
    first = post(world, just_now(world, notification(tag="9.9"))).json["waiting"]
    world.clock.sleep(60)
    again = post(world, just_now(world, notification(tag="9.9"))).json["waiting"]
    assert [one["until"] for one in again] == [one["until"] for one in first]
    (arrival,) = told(api)
    while timers(world):
        ring(world)
    (given_up,) = told(api)
    assert (given_up["time"], given_up["outcome"]) == (arrival["time"], "ignored")
    assert post(world, just_now(world, notification(tag="9.9"))).json["waiting"]
    assert [one["outcome"] for one in told(api)] == ["waiting", "ignored"]


def test_a_registry_that_stays_away_is_said(world, api):
    """Until then it was asked for."""
    post(world, just_now(world, notification(tag="9.9")))

    def away(_):
        raise Unavailable("the registry is away")

    world.registry.digest = away
    world.clock.sleep(ASKED_FOR.total_seconds())
    ring(world)
    (arrival,) = told(api)
    assert arrival["why"] == "it was asked for in vain for 15 minutes; push it again: the registry is away"


def test_a_list_is_of_who_asks(world, api):
    """Of one project, of one service, page by page, the newest first."""
    world.with_sockshop("other")
    for number in range(3):
        body = notification()
        body["events"][0]["id"] = f"push-{number}"
        post(world, body)
    assert len(told(api)) == 6
    newest = told(api, project="other")
    assert [one["push"] for one in newest] == ["push-2", "push-1", "push-0"]
    page = api("GET", "/v1/artifact", query_string={"project": "other", "pageSize": 2}).json
    rest = told(api, project="other", pageSize=2, nextPageKey=page["nextPageKey"])
    assert [*page["artifacts"], *rest] == newest
    assert told(api, project="other", service="carts", pageSize=2) == newest[:2]
    assert "'nobody'" in error(api("GET", "/v1/artifact", query_string={"service": "nobody"}))


def test_a_foreign_token_leaves_no_record(world, api):
    """Who may not start a delivery may not write what people read, either."""
    world.with_sockshop("other")
    post(world, token="sockshop.carts.x")
    assert [one["project"] for one in told(api)] == ["sockshop"]


def test_a_record_that_cannot_be_written_keeps_nothing_from_being_delivered(world, caplog):
    """The log says so."""
    put = world.store.put

    def full(name, data, **more):
        if name.startswith("arrivals/"):
            raise Unavailable("the store is busy")
        return put(name, data, **more)

    world.store.put = full
    assert post(world).json["accepted"]
    assert "the arrival of keptn/carts:1.0.0 is not recorded: the store is busy" in caplog.text


def test_the_command_line_shows_them(world, keptn):
    """With the reason, and where the delivery is."""
    _, out, _ = keptn("get", "artifact")
    assert "No registry has told of an image of these services." in out
    post(world)
    body = notification(digest="sha256:../x")
    world.clock.sleep(timedelta(hours=1).total_seconds())
    post(world, body)
    _, out, _ = keptn("get", "artifact", "--project=sockshop", "--service=carts")
    first, second = out.splitlines()[1:3]
    assert "ignored" in first and "is no digest" in out
    assert "delivered" in second and deliveries(world)[0].context in second
