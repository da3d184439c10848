"""`orchestrate`: events in over HTTP, what follows posted to the sink, 204."""

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.adapters.timers.store_timers import StoreTimers
from keptn.errors import LostRace, Unavailable
from keptn.events import Event
from keptn.simulation.world import World

SHIPYARD = "stages: [{name: dev, deployment_strategy: dark}, {name: prod, deployment_strategy: dark}]"
SLOT = "slots/sockshop/dev/carts.json"


@pytest.fixture
def world():
    return World(SHIPYARD)


@pytest.fixture
def client(world):
    with context.using(world.context):
        yield create_app("handle", "functions/orchestrate/main.py").test_client()


def artifact(world) -> Event:
    return Event(
        type="sh.keptn.event.dev.delivery.triggered",
        id="a",
        source="registry",
        time=world.clock.now(),
        context="c",
        data={"project": "sockshop", "stage": "dev", "service": "carts"},
    )


def post(client, event: Event) -> int:
    headers, body = events.encode(event)
    return client.post("/", data=body, headers=headers).status_code


def posted(world) -> list[Event]:
    found = list(world.sink.posted)
    world.sink.posted.clear()
    return found


def test_a_delivery_goes_through_its_tasks(world, client):
    """Every answer of an executor brings the next task, with 204 and an empty body."""
    assert post(client, artifact(world)) == 204
    for name in ("deployment", "evaluation", "release"):
        (task,) = posted(world)
        assert task.type == f"sh.keptn.event.{name}.triggered"
        done = events.finished(task, source="x", now=world.clock.now(), result=events.Result.PASS)
        assert post(client, done) == 204
    (end,) = posted(world)
    assert (end.type, end.result) == ("sh.keptn.event.dev.delivery.finished", "pass")
    assert post(client, end) == 204
    assert [event.type for event in posted(world)] == ["sh.keptn.event.prod.delivery.triggered"]


def test_a_repeat_posts_nothing_new(world, client):
    """The same event again, and the trigger it caused: 204, and silence."""
    post(client, artifact(world))
    (task,) = posted(world)
    assert post(client, artifact(world)) == 204
    assert post(client, task) == 204
    assert posted(world) == []


def test_a_sink_that_is_away_is_tried_again(world, client):
    """503 asks the Broker to deliver again; then the very same event goes out, once."""
    post_to_sink, world.sink.post = world.sink.post, _away
    assert post(client, artifact(world)) == 503
    world.sink.post = post_to_sink
    assert post(client, artifact(world)) == 204
    assert [event.type for event in posted(world)] == ["sh.keptn.event.deployment.triggered"]


def test_the_alarm_sends_what_was_not_confirmed(world, client):
    """The Broker gave up; the slot's timer still brings the event out."""
    post_to_sink, world.sink.post = world.sink.post, _away
    assert post(client, artifact(world)) == 503
    world.sink.post = post_to_sink
    assert [event.type for event in world.advance(31)] == ["sh.keptn.event.deployment.triggered"]


def test_a_lost_race_is_decided_again(world, client):
    """Somebody wrote the slot meanwhile: it is read again, and both changes are in it."""
    put, store = world.context.store.put, world.context.store
    raced = []

    def racing_put(name, data, *, if_generation=None):
        if name == SLOT and not raced:
            raced.append(name)
            raise LostRace("somebody was faster")
        return put(name, data, if_generation=if_generation)

    store.put = racing_put
    assert post(client, artifact(world)) == 204
    assert raced
    assert len(posted(world)) == 1


def test_a_write_that_won_but_was_told_it_lost_is_recognised(world, client):
    """A retried upload reports a lost race against itself: the writer's id tells."""
    put, store = world.context.store.put, world.context.store
    lied = []

    def lying_put(name, data, *, if_generation=None):
        generation = put(name, data, if_generation=if_generation)
        if name == SLOT and not lied:
            lied.append(name)
            raise LostRace("but it was written")
        return generation

    store.put = lying_put
    assert post(client, artifact(world)) == 204
    assert lied
    assert len(posted(world)) == 1


def test_an_event_that_nothing_can_be_made_of_is_dead_lettered(world, client):
    """A context that cannot be an object's name: 422, and no traceback."""
    assert post(client, events.from_dict({**events.to_dict(artifact(world)), "shkeptncontext": "x" * 2000})) == 422


@pytest.mark.parametrize("kind", ["project.create.triggered", "service.create.finished", "get-sli.triggered", "x"])
def test_what_is_no_sequences_business_is_ignored(world, client, kind):
    """Administrative events and triggers of tasks pass by."""
    event = events.from_dict({**events.to_dict(artifact(world)), "type": f"sh.keptn.event.{kind}"})
    assert post(client, event) == 204
    assert world.context.store.get(SLOT) is None


def test_a_running_delivery_keeps_one_timer(world, client):
    """One alarm per slot, whatever it waits for; none when it has ended."""
    post(client, artifact(world))
    timers = world.context.timers
    assert isinstance(timers, StoreTimers)
    assert len(timers.due(world.clock.now().replace(year=2031))) == 1


def _away(event: Event) -> None:
    raise Unavailable("the Broker is away")
