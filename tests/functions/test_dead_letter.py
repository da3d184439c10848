"""`dead_letter`: what could not be delivered is kept, and an executor's task ends."""

import base64
from dataclasses import replace

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.errors import Unknown
from keptn.events import Event
from keptn.records import dead_letters
from keptn.simulation.world import World

SHIPYARD = "stages: [{name: dev, deployment_strategy: dark}]"


@pytest.fixture
def world():
    return World(SHIPYARD)


@pytest.fixture
def client(world):
    with context.using(world.context):
        yield create_app("handle", "functions/dead_letter/main.py").test_client()


@pytest.fixture
def task(world) -> Event:
    """The deployment of a running delivery."""
    data = {"project": "sockshop", "stage": "dev", "service": "carts"}
    event = Event(
        type="sh.keptn.event.dev.delivery.triggered", id="a", source="x", time=world.clock.now(), context="c", data=data
    )
    return world.send(event)[0]


def post(client, path: str, event: Event, **errors: str):
    headers, body = events.encode(event)
    return client.post(path, data=body, headers={**headers, **{f"ce-{k}": v for k, v in errors.items()}})


def test_a_task_nobody_took_ends_as_errored(world, client, task):
    """The delivery goes on at once with what follows a failure, and the reason names the function."""
    why = {"knativeerrordest": "http://deploy", "knativeerrordata": base64.b64encode(b"a bug").decode()}
    assert post(client, "/task", task, knativeerrorcode="500", **why).status_code == 204  # nobody routes its reply
    (answer,) = world.sink.posted
    assert (answer.status, answer.triggered_id) == ("errored", task.id)
    assert "the last answer was 500 from http://deploy (a bug)" in answer.message
    assert "sh.keptn.event.rollback.triggered" in [event.type for event in world.send(answer)]


def test_a_task_that_was_started_ends_too(world, client, task):
    """Whoever announced itself will not answer any more."""
    world.send(events.started(task, source="keptn/deploy", now=world.clock.now()))
    post(client, "/task", task)
    assert world.send(world.sink.posted.popleft())


def test_a_task_whose_timer_reached_nobody_ends(world, client, task):
    """A step that waited and cannot be called again does not leave its task open."""
    wrapped = {"event": events.to_dict(task)}
    due = replace(task, type=events.timer_type("deploy"), id="due", data=wrapped)
    post(client, "/task", due)
    assert world.sink.posted[0].triggered_id == task.id


def test_other_letters_are_only_kept(world, client, task):
    """A failing audit or chat never fails a delivery."""
    assert post(client, "/keep", task).status_code == 204
    (letter,) = dead_letters.page(world.context.store).letters
    assert (letter["event"]["id"], letter["reason"]) == (task.id, "nobody answered")


def test_the_same_letter_is_kept_once(world, client, task):
    """A dead-letter sink hears duplicates, too."""
    post(client, "/task", task)
    post(client, "/task", task)
    assert len(dead_letters.page(world.context.store).letters) == 1


def test_a_letter_can_be_sent_again(world, client, task):
    """The event goes out as it first was, and the letter is gone."""
    post(client, "/keep", task, knativeerrorcode="500")
    (letter,) = dead_letters.page(world.context.store).letters
    world.sink.posted.clear()
    assert dead_letters.redeliver(letter["id"], world.context) == task
    assert list(world.sink.posted) == [task]
    with pytest.raises(Unknown, match="keptn get dead-letter"):
        dead_letters.redeliver(letter["id"], world.context)
