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


DEPLOY = "http://deploy.keptn.svc.cluster.local"


def post(client, event: Event, **errors: str):
    headers, body = events.encode(event)
    return client.post("/", data=body, headers={**headers, **{f"ce-{k}": v for k, v in errors.items()}})


def letters(world):
    return dead_letters.page(world.context.store).letters


def test_a_task_nobody_took_ends_as_errored(world, client, task):
    """The delivery goes on at once with what follows a failure; the reason names the function and its answer."""
    why = {"knativeerrordest": DEPLOY, "knativeerrordata": base64.b64encode(b"a bug").decode()}
    assert post(client, task, knativeerrorcode="500", **why).status_code == 204  # nobody routes its reply
    (answer,) = world.sink.posted
    assert (answer.status, answer.triggered_id) == ("errored", task.id)
    assert "deploy answered 500 (a bug)" in answer.message
    assert letters(world)[0]["reason"] == "deploy answered 500 (a bug)"
    assert "sh.keptn.event.rollback.triggered" in [event.type for event in world.send(answer)]


def test_a_task_that_was_started_ends_too(world, client, task):
    """Whoever announced itself will not answer any more."""
    world.send(events.started(task, source="keptn/deploy", now=world.clock.now()))
    post(client, task, knativeerrordest=DEPLOY)
    assert world.send(world.sink.posted.popleft())


def test_a_task_whose_timer_reached_nobody_ends(world, client, task):
    """A step that waited and cannot be called again does not leave its task open."""
    wrapped = {"event": events.to_dict(task)}
    due = replace(task, type=events.timer_type("deploy"), id="due", data=wrapped)
    post(client, due, knativeerrordest=DEPLOY)
    assert world.sink.posted[0].triggered_id == task.id


@pytest.mark.parametrize(
    "destination",
    [
        "http://record.keptn.svc.cluster.local/",
        "http://notify.keptn.svc.cluster.local",
        "http://evaluate.keptn.svc.cluster.local",
        "http://broker-filter.knative-eventing.svc.cluster.local/triggers/keptn/record/1f0b",
    ],
)
def test_what_does_no_work_on_a_task_does_not_end_it(world, client, task, destination):
    """A failing audit or chat never fails a delivery, nor does a step that hears the task only to be up in time."""
    assert post(client, task, knativeerrordest=destination, knativeerrorcode="503").status_code == 204
    assert not world.sink.posted
    assert letters(world)[0]["event"]["id"] == task.id


def test_the_job_of_a_test_ends_it_as_any_other_step(world, client, task):
    """A JobSink's address has its name at the end."""
    post(client, task, knativeerrordest="http://job-sink.knative-eventing.svc.cluster.local/keptn/test")
    assert "test did not answer" in world.sink.posted[0].message
    assert (
        dead_letters.subscriber(replace(task, extensions={"knativeerrordest": "http://job-sink/keptn/test"})) == "test"
    )


def test_a_slots_alarm_is_only_kept(world, client, task):
    """It needs nothing: the clock posts it at every tick until the slot deletes it."""
    alarm = {"event": events.to_dict(replace(task, type="sh.keptn.slot.alarm"))}
    due = replace(task, type=events.timer_type("orchestrate"), id="due", data=alarm)
    assert post(client, due, knativeerrordest="http://orchestrate.keptn.svc.cluster.local").status_code == 204
    assert not world.sink.posted


def test_the_same_letter_is_kept_once(world, client, task):
    """A dead-letter sink hears duplicates, too."""
    post(client, task)
    post(client, task)
    assert len(letters(world)) == 1


def test_what_the_broker_refused_is_kept_with_its_reason(world, task):
    """No Broker brings it: who posted it writes the letter."""
    dead_letters.keep_refused(task, "the Broker refused it with 413: larger than 1048576 bytes", world.context)
    (letter,) = letters(world)
    assert (letter["event"]["id"], letter["subscriber"]) == (task.id, "")
    assert "413" in letter["reason"]


def test_a_letter_can_be_sent_again(world, client, task):
    """The event goes out as it first was, and the letter is gone."""
    post(client, task, knativeerrorcode="500")
    (letter,) = letters(world)
    world.sink.posted.clear()
    assert dead_letters.redeliver(letter["id"], world.context) == task
    assert list(world.sink.posted) == [task]
    with pytest.raises(Unknown, match="keptn get dead-letter"):
        dead_letters.redeliver(letter["id"], world.context)
