"""`clock`: posts what is due, and lets the wake-up go."""

from datetime import timedelta

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.adapters.timers.store_wake_up import at
from keptn.errors import Refused, Unavailable
from keptn.events import Event
from keptn.records import dead_letters
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
    return tell(client, Event(type="dev.knative.sources.ping", id="1", source="ping", time=world.clock.now(), data={}))


def tell(client, event: Event) -> int:
    headers, body = events.encode(event)
    return client.post("/", data=body, headers=headers).status_code


def set_timer(world, seconds: float, function: str = "deploy") -> str:
    event = Event(type="sh.keptn.event.deployment.triggered", id=f"t{seconds}", source="x", time=world.clock.now())
    due = world.clock.now() + timedelta(seconds=seconds)
    return world.context.timers.set(function=function, event=event, due=due)


def rung(world) -> list[str]:
    """Ids of the waiting events that were posted."""
    found = [event.data["event"]["id"] for event in world.sink.posted if event.type != events.TIMER_SET]
    world.sink.posted.clear()
    return found


def next_tick(world):
    stored = world.context.store.get(WAKE_UP)
    return (at(stored) - world.clock.now()).total_seconds() if stored else None


def test_due_timers_are_posted_once(world, client):
    """What is due goes out and is forgotten; what is not stays, and the clock ticks again when it is due."""
    set_timer(world, 0)
    set_timer(world, 60)
    assert tick(client, world) == 204
    assert rung(world) == ["t0"]
    assert next_tick(world) == 60
    assert tick(client, world) == 204
    assert rung(world) == []


def test_a_timer_that_was_set_moves_the_tick(world, client):
    """`timer.set` says when the next tick must come; it posts nothing."""
    set_timer(world, 60)
    set_timer(world, 30)
    for told in [event for event in world.sink.posted if event.type == events.TIMER_SET]:
        assert tell(client, told) == 204
    assert next_tick(world) == 30
    assert rung(world) == []


def test_without_timers_nothing_wakes_the_clock(world, client):
    """The last timer takes the wake-up with it."""
    set_timer(world, 0)
    tick(client, world)
    assert world.context.store.get(WAKE_UP) is None


def test_a_timer_is_kept_until_its_event_was_taken(world, client):
    """A Broker that is away: 503, and a tick soon after posts the same event."""
    set_timer(world, 0)
    post, world.sink.post = world.sink.post, _away
    assert tick(client, world) == 503
    assert next_tick(world) == 10
    world.sink.post = post
    assert tick(client, world) == 204
    assert rung(world) == ["t0"]


def test_an_alarm_is_posted_until_its_slot_deletes_it(world, client):
    """It may be lost behind the Broker, and nobody else would set it again."""
    name = set_timer(world, 0, function="orchestrate")
    for _ in range(2):
        assert tick(client, world) == 204
        assert rung(world) == ["t0"]
        assert next_tick(world) == 10
        world.clock.sleep(10)
    world.context.timers.cancel(name)
    assert tick(client, world) == 204
    assert (rung(world), next_tick(world)) == ([], None)


def test_one_timer_that_is_refused_or_fails_holds_up_no_other(world, client):
    """What the Broker refuses for good becomes a dead letter and ends its task; what fails comes again."""
    for seconds in (-3, -2, -1):
        set_timer(world, seconds)
    post = world.sink.post

    def picky(event):
        if event.type.startswith("sh.keptn.timer.") and event.data["event"]["id"] == "t-3":
            raise Refused("the Broker refused it with 413: too large")
        if event.type.startswith("sh.keptn.timer.") and event.data["event"]["id"] == "t-2":
            raise Unavailable("the Broker answered 500")
        post(event)

    world.sink.post = picky
    world.sink.posted.clear()
    assert tick(client, world) == 503
    end, good = world.sink.posted
    assert (end.type, end.triggered_id, end.status) == ("sh.keptn.event.deployment.finished", "t-3", "errored")
    assert "too large" in end.message
    assert good.data["event"]["id"] == "t-1"
    (letter,) = dead_letters.page(world.context.store).letters
    assert letter["reason"] == "the Broker refused it with 413: too large"
    world.sink.post = post
    world.sink.posted.clear()
    assert tick(client, world) == 204
    assert rung(world) == ["t-2"]


def test_many_timers_are_all_posted(world, client):
    """More than a page of due timers goes out in one tick."""
    for number in range(250):
        set_timer(world, -1 - number)
    world.sink.posted.clear()
    tick(client, world)
    assert len(set(rung(world))) == 250


def test_a_timer_set_without_a_time_goes_to_the_dead_letter_sink(world, client):
    """Nobody of ours sends it; 422, with the reason."""
    broken = Event(type=events.TIMER_SET, id="1", source="x", time=world.clock.now(), data={"due": "soon"})
    assert tell(client, broken) == 422


def _away(event: Event) -> None:
    raise Unavailable("the Broker is away")
