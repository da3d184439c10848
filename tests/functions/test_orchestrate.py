"""`orchestrate`: events in over HTTP, what follows posted to the sink, 204."""

from dataclasses import replace

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.errors import LostRace, Refused, Unavailable
from keptn.events import Event
from keptn.records import dead_letters, deliveries
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
    found = [event for event in world.sink.posted if event.type != events.TIMER_SET]
    world.sink.posted.clear()
    return found


def test_a_delivery_goes_through_its_tasks(world, client):
    """Every answer of an executor brings the next task; the end brings the next stage, in one transition."""
    assert post(client, artifact(world)) == 204
    for name in ("deployment", "evaluation", "release"):
        (task,) = posted(world)
        assert task.type == f"sh.keptn.event.{name}.triggered"
        assert task.extensions["keptntask"] == "true"
        done = events.finished(task, source="x", now=world.clock.now(), result=events.Result.PASS)
        assert post(client, done) == 204
    end, promoted = posted(world)
    assert (end.type, end.result) == ("sh.keptn.event.dev.delivery.finished", "pass")
    assert promoted.type == "sh.keptn.event.prod.delivery.triggered"
    assert "keptntask" not in promoted.extensions


def test_a_stage_that_the_shipyard_got_is_made(world, client):
    """The first delivery that begins with it has it made, once."""
    world.repo.branches = lambda project: ["dev", "main"]
    post(client, artifact(world))
    made, task = posted(world)
    assert (made.type, task.type) == (events.PROJECT_CREATE, "sh.keptn.event.deployment.triggered")
    assert made.data == {"project": "sockshop", "shipyard": SHIPYARD}
    post(client, replace(artifact(world), id="b", context="d"))
    assert events.PROJECT_CREATE not in [event.type for event in posted(world)]


def test_what_is_resolved_is_not_acted_on(world, client):
    """The monitor's second notification ends the remediation of its first."""
    told = {"PID": "1", "ProblemTitle": "Slow", "startsAt": "2030-01-07T08:00:00Z"}
    about = {"project": "sockshop", "stage": "dev", "service": "carts"}
    opened = replace(artifact(world), type="sh.keptn.event.dev.remediation.triggered")
    post(client, replace(opened, data={**about, "problem": {**told, "State": "OPEN"}}))
    assert [event.type for event in posted(world)] == ["sh.keptn.event.get-action.triggered"]
    over = replace(opened, type=events.PROBLEM_RESOLVED, id="over")
    assert post(client, replace(over, data={**about, "problem": {**told, "State": "RESOLVED"}})) == 204
    assert [event.type.rpartition("event.")[2] for event in posted(world)] == [
        "get-action.finished",
        "dev.remediation.finished",
    ]


def test_a_repeat_posts_what_it_caused_until_that_is_proven(world, client):
    """Its answer may have been lost: the very same event goes out again; once the task is answered, nothing does."""
    post(client, artifact(world))
    (task,) = posted(world)
    assert post(client, artifact(world)) == 204
    assert [event.id for event in posted(world)] == [task.id]
    post(client, events.started(task, source="x", now=world.clock.now()))
    assert post(client, artifact(world)) == 204
    assert posted(world) == []


def test_a_slot_is_written_once_per_event(world, client):
    """And once more when nothing runs there any more."""
    store, writes = world.context.store, []
    put = store.put

    def counting(name, data, **given):
        writes.append(name)
        return put(name, data, **given)

    store.put = counting
    post(client, artifact(world))
    for expected in (1, 1, 1, 2):
        assert writes.count(SLOT) == expected
        writes.clear()
        if expected == 1:
            task = posted(world)[-1]
            done = events.finished(task, source="x", now=world.clock.now(), result=events.Result.PASS)
            post(client, done)


def test_a_sink_that_is_away_is_tried_again(world, client):
    """503 asks the Broker to deliver again; then the very same event goes out."""
    world.sink.post, post_to_sink = _away, world.sink.post
    assert post(client, artifact(world)) == 503
    world.sink.post = post_to_sink
    assert post(client, artifact(world)) == 204
    assert [event.type for event in posted(world)] == ["sh.keptn.event.deployment.triggered"]


def test_the_alarm_sends_what_nothing_proves_once_more(world, client):
    """The poster died and the Broker gave up; the slot's timer still brings the event out, once."""
    post(client, artifact(world))
    (task,) = posted(world)
    again = []
    world.sink.post, post_to_sink = lambda event: (again.append(event), post_to_sink(event)), world.sink.post
    world.advance(120)
    assert [event.id for event in again if event.type == task.type] == [task.id]


def test_what_the_broker_refuses_holds_up_nothing(world, client):
    """413: the event becomes a dead letter, its task ends as errored with the reason, and the next delivery begins."""
    post_to_sink = world.sink.post

    def picky(event):
        if event.type.endswith("deployment.triggered") and event.context == "c":
            raise Refused("the Broker refused it with 413: too large")
        post_to_sink(event)

    world.sink.post = picky
    assert post(client, artifact(world)) == 204
    (end,) = posted(world)
    assert (end.type, end.status) == ("sh.keptn.event.deployment.finished", "errored")
    assert "too large" in end.message
    assert [letter["event"]["type"] for letter in dead_letters.page(world.context.store).letters] == [
        "sh.keptn.event.deployment.triggered"
    ]
    post(client, replace(artifact(world), id="b", context="d"))
    post(client, end)
    undo = next(event for event in posted(world) if event.type.endswith(".event.rollback.triggered"))
    post(client, events.finished(undo, source="x", now=world.clock.now(), result=events.Result.PASS))
    assert [e.context for e in posted(world) if e.type.endswith("deployment.triggered")] == ["d"]


def test_a_next_stage_that_cannot_be_told_ends_as_errored(world, client):
    """The promotion is refused: the next stage says why, where people look."""
    post_to_sink = world.sink.post

    def picky(event):
        if event.type.endswith("prod.delivery.triggered"):
            raise Refused("the Broker refused it with 413: too large")
        post_to_sink(event)

    world.sink.post = picky
    world.send(artifact(world))
    for name in ("deployment", "evaluation", "release"):
        task_id = deliveries.delivery(world.context.store, "c")["waiting"][0]["id"]
        task = replace(artifact(world), type=f"sh.keptn.event.{name}.triggered", id=task_id)
        world.send(events.finished(task, source="x", now=world.clock.now(), result=events.Result.PASS))
    delivery = deliveries.delivery(world.context.store, "c")
    assert [(stage["stage"], stage["result"]) for stage in delivery["stages"]] == [("dev", "pass"), ("prod", "fail")]
    assert "too large" in delivery["stages"][1]["sequences"][0]["message"]


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
    assert len(list(world.context.due_timers.upcoming())) == 1


def _away(event: Event) -> None:
    raise Unavailable("the Broker is away")
