"""`resolve_artifact`: an image whose registry could not say its digest when it was pushed."""

from datetime import timedelta

import pytest

from keptn import events, ticking
from keptn.errors import Unavailable
from keptn.webhooks.digests import ASKED_FOR
from tests.functions.test_receive_artifact import deliveries, just_now, notification, post, timers
from tests.world import World


def late(world: World) -> None:
    """A registry tells of an image that it does not have yet."""
    assert post(world, just_now(world, notification(tag="9.9"))).json["waiting"]


def ring(world: World) -> int:
    """The clock's next tick; what resolve-artifact answers to what is due."""
    ((due, _), *_) = world.context.due_timers.upcoming()
    world.clock.moment = max(world.clock.moment, due)
    ticking.tick(world.context)
    rung = [event for event in world.sink.events if event.type == events.timer_type("resolve-artifact")]
    return hear(world, rung[-1])


def hear(world: World, event: events.Event) -> int:
    headers, body = events.encode(event)
    return world.client("resolve_artifact").post("/", data=body, headers=headers).status_code


def triggered(world: World):
    return [event for event in deliveries(world) if event.type.endswith(".delivery.triggered")]


def test_an_image_that_comes_late_is_delivered(world):
    """By the very event that it would have been, had it been there in time; the same look again gives it again."""
    late(world)
    digest = world.registry.push("keptn/carts:9.9", b"late")
    assert ring(world) == 204
    (event,) = triggered(world)
    assert event.data["artifact"]["digest"] == digest
    post(world, notification(tag="9.9"))
    assert [one.id for one in triggered(world)] == [event.id] * 2
    assert not timers(world)


def test_it_is_asked_for_more_and_more_rarely_until_its_time_is_over(world, caplog):
    """Every few seconds at first, every minute at last; then the log says what was asked for in vain."""
    late(world)
    began, moments = world.clock.moment, []
    while timers(world):
        assert ring(world) == 204
        moments.append(world.clock.moment)
    waits = [after - before for before, after in zip([began, *moments], moments, strict=False)]
    assert waits[0] <= timedelta(seconds=10)
    assert max(waits) <= timedelta(seconds=70)
    assert len(moments) < 25
    assert ASKED_FOR - timedelta(seconds=5) <= moments[-1] - began < ASKED_FOR + timedelta(minutes=1)
    assert not triggered(world)
    assert "keptn/carts:9.9 is not delivered" in caplog.text
    assert "push it again" in caplog.text


def test_a_registry_that_stays_away_is_given_up(world, caplog):
    """Whatever its clock says: a quarter of an hour after its notification."""
    late(world)

    def away(_):
        raise Unavailable("the registry is away")

    world.registry.digest = away
    while timers(world):
        assert ring(world) == 204
    assert "asked for in vain for 15 minutes; push it again: the registry is away" in caplog.text


def test_each_service_that_waits_is_started_once(world):
    """What one of them still has to wait for does not start the other again."""
    world.with_sockshop("other")
    late(world)
    world.registry.push("keptn/carts:9.9", b"late")
    branches = world.config_repo.branches

    def away(project):
        if project == "other":
            raise Unavailable("Git is away")
        return branches(project)

    tree = world.config_repo.tree
    world.config_repo.tree = lambda project, *rest, **more: (away(project), tree(project, *rest, **more))[1]
    ring(world)
    assert [event.scope.project for event in triggered(world)] == ["sockshop"]
    world.config_repo.tree = tree
    ring(world)
    assert [event.scope.project for event in triggered(world)] == ["sockshop", "other"]
    assert not timers(world)


def test_a_service_that_was_deleted_meanwhile_gets_nothing(world):
    """Nobody delivers what nobody runs."""
    late(world)
    world.registry.push("keptn/carts:9.9", b"late")
    world.store.delete("images/keptn%2Fcarts/sockshop.carts")
    assert ring(world) == 204
    assert not triggered(world)
    assert not timers(world)


def test_what_will_never_be_delivered_is_not_asked_for_again(world, caplog):
    """The log says why."""
    late(world)
    world.registry.push("keptn/carts:9.9", b"late")
    world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": b"stages: ["}, message="Break\n")
    assert ring(world) == 204
    assert "keptn/carts:9.9 is not delivered in sockshop/carts: sockshop/shipyard.yaml:2" in caplog.text
    assert not timers(world)


def test_a_broker_that_is_away_delivers_the_timer_again(world):
    """503: it is asked for once more, and nothing is lost."""
    late(world)
    world.registry.push("keptn/carts:9.9", b"late")
    post_event = world.sink.post

    def away(event):
        if event.type.endswith(".delivery.triggered"):
            raise Unavailable("the Broker is away")
        post_event(event)

    world.sink.post = away
    assert ring(world) == 503
    rung = [event for event in world.sink.events if event.type == events.timer_type("resolve-artifact")]
    world.sink.post = post_event
    assert hear(world, rung[-1]) == 204
    assert len(triggered(world)) == 1


@pytest.mark.parametrize("kind", ["sh.keptn.timer.resolve-artifact.due", "com.example.thing"])
def test_what_is_none_of_its_timers_is_nothing_to_it(world, kind):
    """An event of another form starts nothing."""
    inner = {"type": "com.example.thing", "id": "1", "source": "x", "specversion": "1.0", "data": {}}
    event = events.Event(type=kind, id="1", source="x", time=world.clock.now(), data={"event": inner})
    assert hear(world, event) == 204
    assert not world.sink.events
