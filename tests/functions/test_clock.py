"""`clock`: posts what is due, and lets the wake-up go."""

from datetime import timedelta

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.errors import Unavailable
from keptn.events import Event
from keptn.records.objects import WAKE_UP
from keptn.simulation.world import World


@pytest.fixture
def world():
    return World("stages: [{name: dev}]")


@pytest.fixture
def client(world):
    with context.using(world.context):
        yield create_app("handle", "functions/clock/main.py").test_client()


def tick(client, world) -> int:
    event = Event(type="dev.knative.sources.ping", id="1", source="ping", time=world.clock.now(), data={})
    headers, body = events.encode(event)
    return client.post("/", data=body, headers=headers).status_code


def set_timer(world, seconds: float) -> None:
    event = Event(type="sh.keptn.event.test.triggered", id=f"t{seconds}", source="x", time=world.clock.now())
    world.context.timers.set(function="deploy", event=event, due=world.clock.now() + timedelta(seconds=seconds))


def test_due_timers_are_posted_once(world, client):
    """What is due goes out and is forgotten; what is not stays, and the wake-up with it."""
    set_timer(world, 0)
    set_timer(world, 60)
    assert tick(client, world) == 204
    assert [event.data["event"]["id"] for event in world.sink.posted] == ["t0"]
    assert tick(client, world) == 204
    assert len(world.sink.posted) == 1
    assert world.context.store.get(WAKE_UP)


def test_without_timers_nothing_wakes_the_clock(world, client):
    """The last timer takes the wake-up with it."""
    set_timer(world, 0)
    tick(client, world)
    assert world.context.store.get(WAKE_UP) is None


def test_a_timer_is_kept_until_its_event_was_taken(world, client):
    """A Broker that is away: 503, and the next tick posts the same event."""
    set_timer(world, 0)
    post, world.sink.post = world.sink.post, _away
    assert tick(client, world) == 503
    world.sink.post = post
    assert tick(client, world) == 204
    assert len(world.sink.posted) == 1


def test_many_timers_are_all_posted(world, client):
    """More than a page of due timers goes out in one tick."""
    for number in range(250):
        set_timer(world, -1 - number)
    tick(client, world)
    assert len({event.id for event in world.sink.posted}) == 250


def _away(event: Event) -> None:
    raise Unavailable("the Broker is away")
