"""Outcomes become answers: the table of ARCHITECTURE.md, one test a line."""

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import flask
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import context, events, runtime, ticking, web
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import LostRace, NotYet, Refused, Unavailable
from keptn.events import Event, Result
from keptn.settings import Settings
from keptn.simulation.world import Collector, ManualClock

APP = flask.Flask("flask")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRIGGERED = Event(
    type="sh.keptn.event.deployment.triggered",
    id="t1",
    source="s",
    time=NOW,
    data={"project": "p", "stage": "dev", "service": "carts"},
)


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a test never sleeps")


@dataclass
class Remembering:
    """A sink and a timer store that remember."""

    posted: list[Event] = field(default_factory=list)
    timers: list[tuple[str, Event, datetime]] = field(default_factory=list)

    def post(self, event: Event) -> None:
        self.posted.append(event)

    def set(self, *, function: str, event: Event, due: datetime, key: str = "") -> str:
        self.timers.append((function, event, due))
        return f"{function}{key}"


@pytest.fixture
def world() -> Iterator[Remembering]:
    world = Remembering()
    ctx = Context(Settings(max_hops=9), store=MemoryStore(), clock=FixedClock(), sink=world, timers=world)
    with ExitStack() as stack:
        stack.enter_context(context.using(ctx))
        yield world


def passes(task: Event, ctx: Context) -> Event:
    return events.finished(task, source="keptn/deploy", now=ctx.clock.now(), result=Result.PASS)


def raises(error: Exception) -> Callable[[Event, Context], Event | None]:
    def handler(task: Event, ctx: Context) -> Event | None:
        raise error

    return handler


def ask(view: runtime.View, event: Event | None = TRIGGERED, *, method: str = "POST") -> flask.Response:
    headers, body = events.encode(event) if event else ({}, b"not an event")
    app = flask.Flask("test")
    with app.test_request_context("/", method=method, headers=headers, data=body):
        return view(flask.request)


def replied(response: flask.Response) -> Event:
    assert response.status_code == 200
    return events.decode(dict(response.headers), response.get_data())


@pytest.mark.usefixtures("world")
def test_a_returned_event_is_the_reply() -> None:
    """200 with the CloudEvent in binary mode, as JSON."""
    response = ask(runtime.task("deploy")(passes))
    assert response.content_type == "application/json"
    assert replied(response).type == "sh.keptn.event.deployment.finished"


@pytest.mark.usefixtures("world")
def test_nothing_to_say_is_204_and_empty() -> None:
    """A body that is no CloudEvent would make Knative deliver again."""
    response = ask(runtime.event(lambda event, ctx: None))
    assert (response.status_code, response.get_data()) == (204, b"")


@pytest.mark.usefixtures("world")
def test_a_refused_task_ends_as_errored() -> None:
    """Refused is a `.finished` with the reason, never silence."""
    finished = replied(ask(runtime.task("deploy")(raises(Refused("no such image")))))
    assert (finished.status, finished.result, finished.message) == ("errored", "fail", "no such image")
    assert finished.triggered_id == "t1"


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("Git is away"), 503), (RuntimeError("bug"), 500), (KeyError("x"), 500)]
)
@pytest.mark.usefixtures("world")
def test_trouble_is_delivered_again(error: Exception, status: int) -> None:
    """What may work later is 503 and a bug 500: both are retried."""
    assert ask(runtime.task("deploy")(raises(error))).status_code == status


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable("Git is away"), ["Git is away"]),
        (ZeroDivisionError("by nought"), ["ZeroDivisionError: by nought"]),
        (LostRace("somebody was first"), []),
    ],
)
def test_who_waits_for_a_task_hears_of_trouble(world: Remembering, error: Exception, said: list[str]) -> None:
    """What keeps the function from it, and where to look; the same trouble again is the same event."""
    for _ in range(2):
        ask(runtime.task("deploy")(raises(error)))
    wanted = [f"failed, and is tried again: {text}; see keptn logs deploy" for text in said for _ in range(2)]
    assert [event.message for event in world.posted] == wanted
    assert len({event.identity for event in world.posted}) == len(said)
    assert all(event.type == "sh.keptn.event.deployment.status.changed" for event in world.posted)


FULL = OSError(errno.ENOSPC, "No space left on device", "/state/some/file")


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("decorated", [runtime.task("deploy"), runtime.event, runtime.http])
def test_a_full_disk_is_no_bug(decorated: Callable[..., runtime.View]) -> None:
    """It is named, and what was to be done is tried again."""
    response = ask(decorated(raises(FULL)))
    assert response.status_code == 503
    assert json.loads(response.get_data())["error"].startswith("the disk of /state/some/file is full; make room")


@pytest.mark.usefixtures("world")
def test_what_is_no_event_goes_to_the_dead_letter_sink() -> None:
    """422 is not retried."""
    assert ask(runtime.task("deploy")(passes), None).status_code == 422


@pytest.mark.usefixtures("world")
def test_a_probe_is_answered() -> None:
    """GET is 204."""
    assert ask(runtime.task("deploy")(passes), None, method="GET").status_code == 204


@pytest.mark.usefixtures("world")
def test_a_repeat_gets_the_same_reply_and_runs_nothing() -> None:
    """The first reply is the task's end, also when the step would decide otherwise now."""
    first = replied(ask(runtime.task("deploy")(passes)))
    assert replied(ask(runtime.task("deploy")(raises(Refused("now it is too late"))))) == first


@pytest.mark.usefixtures("world")
def test_of_two_at_once_the_first_reply_counts() -> None:
    """A duplicate that ran at the same time answers with the other's reply."""
    inner: list[Event] = []

    def slow(task: Event, ctx: Context) -> Event:
        inner.append(replied(ask(runtime.task("deploy")(passes))))
        return events.finished(task, source="keptn/deploy", now=NOW, result=Result.FAIL)

    assert replied(ask(runtime.task("deploy")(slow))) == inner[0]


def test_waiting_sets_a_timer_and_says_started(world: Remembering) -> None:
    """NotYet is `.started` once; the timer brings the event back, and then nothing is said again."""
    step = runtime.task("deploy")(raises(NotYet("pods are coming", after_s=5)))
    assert replied(ask(step)).type == "sh.keptn.event.deployment.started"
    function, event, due = world.timers[0]
    assert (function, event, (due - NOW).total_seconds()) == ("deploy", TRIGGERED, 5)
    woken = Event(
        type="sh.keptn.timer.deploy.due", id="d", source="c", time=NOW, data={"event": events.to_dict(TRIGGERED)}
    )
    assert ask(step, woken).status_code == 204
    assert replied(ask(runtime.task("deploy")(passes), woken)).triggered_id == "t1"


@pytest.mark.usefixtures("world")
def test_a_chain_that_is_too_long_ends_as_errored() -> None:
    """Sequences that trigger each other for ever are stopped by the hop count."""
    long = events.caused(TRIGGERED, type=TRIGGERED.type, source="s", data=TRIGGERED.data, now=NOW)
    for _ in range(9):
        long = events.caused(long, type=long.type, source="s", data=long.data, now=NOW)
    finished = replied(ask(runtime.task("deploy")(passes), long))
    assert finished.status == "errored"
    assert "number 10 in a chain" in finished.message


def test_a_job_posts_started_and_finished(world: Remembering, tmp_path: Path) -> None:
    """A Job reads its event from the mounted file and posts both answers to the sink."""
    file = tmp_path / "event"
    file.write_text(json.dumps(events.to_dict(TRIGGERED)))
    assert runtime.run_job("test", passes, event_file=file) == 0
    assert [event.type.rpartition(".")[2] for event in world.posted] == ["started", "finished"]


@pytest.mark.usefixtures("world")
def test_a_job_that_cannot_yet_asks_to_run_again(tmp_path: Path) -> None:
    """Unavailable is exit code 1: Kubernetes starts the pod again."""
    file = tmp_path / "event"
    file.write_text(json.dumps(events.to_dict(TRIGGERED)))
    assert runtime.run_job("test", raises(Unavailable("store away")), event_file=file) == 1
    assert runtime.run_job("test", raises(FULL), event_file=file) == 1


@pytest.mark.parametrize(
    ("error", "status"), [(Refused("no such project"), 400), (Unavailable("x"), 503), (ValueError("bug"), 500)]
)
@pytest.mark.usefixtures("world")
def test_http_functions_answer_in_one_sentence(error: Exception, status: int) -> None:
    """People get `{"error": sentence}` and no traceback."""

    def handler(request: web.Request, ctx: Context) -> web.Answer:
        raise error

    response = ask(runtime.http(handler))
    assert response.status_code == status
    assert list(json.loads(response.get_data())) == ["error"]
    assert "Traceback" not in response.get_data(as_text=True)


class Waits:
    """A world in which a task waits: a step that is never ready, a clock that rings, a Broker that repeats."""

    def __init__(self) -> None:
        self.clock, self.sink = ManualClock(), Collector()
        self.store = MemoryStore()
        self.context = Context(Settings(), store=self.store, clock=self.clock, sink=self.sink)
        self.view = runtime.task("deploy")(self.never_ready)
        self.calls = 0

    def never_ready(self, task: Event, ctx: Context) -> Event:
        self.calls += 1
        self.clock.sleep(0.0001)  # no two calls at one moment
        raise NotYet("rolling out", after_s=2.0)

    def hear(self, event: Event) -> None:
        headers, body = events.encode(event)
        with context.using(self.context), APP.test_request_context(method="POST", headers=headers, data=body):
            assert self.view(flask.request).status_code in {200, 204}

    def ring(self) -> list[Event]:
        """What the clock posts next; it deletes a timer once its event was taken."""
        self.sink.posted.clear()
        due = self.context.due_timers.next_due()
        assert due
        self.clock.move(due)
        ticking.tick(self.context)
        return [event for event in self.sink.posted if event.type != events.TIMER_SET]


@given(repeats=st.lists(st.integers(1, 4), min_size=1, max_size=8))
def test_a_task_that_waits_has_one_timer_however_often_it_is_repeated(repeats):
    """Its trigger and each of its wakes may come again and again: the chain of wakes stays one."""
    world = Waits()
    task = Event(type="sh.keptn.event.deployment.triggered", id="t", source="x", time=world.clock.now())
    for _ in range(repeats[0]):
        world.hear(task)
    for count in repeats[1:]:
        wakes = world.ring()
        assert len(wakes) == 1
        for _ in range(count):
            world.hear(wakes[0])
        world.hear(task)
    assert len(world.store.list("timers/").names) == 1


def test_a_type_that_is_not_the_steps_only_warms_it():
    """204, before any adapter is made: what comes next starts beside what runs now."""
    view = runtime.task("release", "sh.keptn.event.release.triggered")(lambda task, ctx: 1 / 0)
    task = Event(type="sh.keptn.event.evaluation.triggered", id="t", source="x", time=datetime.now(UTC))
    headers, body = events.encode(task)
    with context.using(None), APP.test_request_context(method="POST", headers=headers, data=body):
        assert view(flask.request).status_code == 204
