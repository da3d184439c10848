"""`webhook`: a task is carried out by a call, once, and `.finished` is made of the answer."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.events import Event, Scope
from keptn.ports import HttpAnswer
from keptn.settings import Settings
from tests.world import open_slot

NOON = events.utc("2026-11-24T12:00:00Z")
SCOPE = Scope(project="sockshop", stage="prod", service="carts")
URL = "https://smoke.example/run?key=hush"
FILE = b"""
webhooks:
- name: smoke
  secret: smoke
  headers: {X-Team: "{{ project }}", X-Api-Key: {key: api-key}}
  body: {image: "{{ data.configurationChange.values.image }}", answer_to: "{{ answer_url }}"}
  answer:
    result: "{{ 'pass' if answer.json.failed == 0 else 'fail' }}"
    message: "{{ answer.json.failed }} failed"
    data: {report: "{{ answer.json.report }}"}
- {name: plain, secret: smoke}
- {name: ask, secret: smoke, method: GET}
"""


class Clock:
    now_is = NOON

    def now(self):
        return self.now_is


class ListTimers:
    def __init__(self) -> None:
        self.waiting = []

    def set(self, *, function, event, due, key="") -> str:
        self.waiting.append(function)
        return function


class World:
    def __init__(self) -> None:
        self.repo, self.http, self.store = MemoryConfigRepo(), MemoryHttp(), MemoryStore()
        self.secrets, self.clock, self.timers = MemorySecrets(), Clock(), ListTimers()
        self.repo.create("sockshop", {"main": {}, "prod": {"carts/webhook.yaml": FILE}}, message="create")
        self.secrets.put("smoke", {"url": URL, "token": "t", "api-key": "k"})
        parts = {"store": self.store, "config_repo": self.repo, "http": self.http, "secrets": self.secrets}
        self.context = Context(Settings(), **parts, clock=self.clock, timers=self.timers)

    def answers(self, status: int = 200, **said) -> None:
        self.http.answers[URL] = HttpAnswer(status=status, body=json.dumps(said).encode())

    def task(self, webhook: str = "smoke", *, name: str = "smoke-test", opened: bool = True) -> Event:
        image = {"configurationChange": {"values": {"image": 'carts:"0.2"'}}}
        data = {"project": "sockshop", "stage": "prod", "service": "carts", **image, name: {"webhook": webhook}}
        type_, more = events.triggered_type(name), {"context": "c", "epoch": 1}
        task = Event(type=type_, id="t1", source="keptn/orchestrate", time=NOON, data=data, **more)
        if opened:
            open_slot(self.store, SCOPE, task)
        return task

    def post(self, task: Event):
        headers, body = events.encode(task)
        with context.using(self.context):
            client = create_app("handle", "functions/webhook/main.py").test_client()
            return client.post("/", data=body, headers=headers)

    def reply(self, *arguments, **more) -> Event:
        answer = self.post(self.task(*arguments, **more))
        assert answer.status_code == 200, answer.data
        return events.decode(dict(answer.headers), answer.data)


@pytest.fixture
def world() -> World:
    return World()


def test_the_call_is_what_the_file_says(world):
    """Templates, a header from a secret, the credentials, the correlation id."""
    world.answers(failed=0, report="r1")
    world.reply()
    (call,) = world.http.calls
    assert (call.method, call.url) == ("POST", URL)
    assert call.json == {"image": 'carts:"0.2"', "answer_to": "http://127.0.0.1:8080/functions/api/v1/event"}
    expected = {"x-team": "sockshop", "x-api-key": "k", "authorization": "Bearer t"}
    assert {name: call.headers[name] for name in expected} == expected
    assert call.headers["x-correlation-id"]


@pytest.mark.parametrize(("failed", "result"), [(0, "pass"), (3, "fail")])
def test_the_answer_becomes_the_end(world, failed, result):
    """Result, message and data by template; the data lands below the task's name."""
    world.answers(failed=failed, report="r1")
    ended = world.reply()
    assert (ended.type, ended.source, ended.triggered_id) == (
        "sh.keptn.event.smoke-test.finished",
        "keptn/webhook",
        "t1",
    )
    assert (ended.result, ended.status, ended.message) == (result, "succeeded", f"{failed} failed")
    assert ended.data["smoke-test"] == {"webhook": "smoke", "report": "r1"}


def test_without_a_body_the_event_is_sent(world):
    """As a structured CloudEvent, with the correlation id; 2xx is a pass."""
    ended = world.reply("plain")
    (call,) = world.http.calls
    assert (call.json["type"], call.json["id"]) == ("sh.keptn.event.smoke-test.triggered", "t1")
    assert call.json["correlation_id"] == call.headers["x-correlation-id"]
    assert (ended.result, ended.message) == ("pass", "webhook 'plain' answered 200")


def test_a_get_sends_nothing(world):
    """It asks."""
    world.reply("ask")
    assert (world.http.calls[0].method, world.http.calls[0].body) == ("GET", b"")


def test_202_is_answered_later_by_the_api(world):
    """`.started` now; the end is another's."""
    world.answers(202)
    started = world.reply()
    assert started.type == "sh.keptn.event.smoke-test.started"
    assert "its answer comes by the api" in started.message


def test_a_repeat_calls_nobody_twice(world):
    """The first reply is the reply; and where it was lost, what was answered is known."""
    world.answers(failed=3, report="r1")
    first = world.reply()
    for name in world.store.list("replies/").names:
        world.store.delete(name)
    world.http.answers.clear()
    assert world.reply() == first
    assert len(world.http.calls) == 1


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_who_is_away_is_called_again_for_two_minutes(world, status):
    """By a timer, under the same correlation id; then the task has failed."""
    world.answers(status)
    assert world.reply().type.endswith(".started")
    assert world.timers.waiting == ["webhook"]
    world.clock.now_is = NOON + timedelta(minutes=3)
    ended = world.reply()
    assert (ended.status, ended.result) == ("errored", "fail")
    assert "given up after 120 s" in ended.message
    assert len({call.headers["x-correlation-id"] for call in world.http.calls}) == 1


@pytest.mark.parametrize("status", [301, 400, 404])
def test_what_is_refused_is_over(world, status):
    """With the status and without the address."""
    world.answers(status)
    ended = world.reply()
    assert (ended.status, ended.result) == ("errored", "fail")
    assert f"webhook smoke answered {status}; check the url" in ended.message
    assert "hush" not in json.dumps(events.to_dict(ended))
    assert "smoke.example" not in ended.message


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "has no attribute 'failed'"),
        ({"failed": 1}, "has no attribute 'report'"),
    ],
)
def test_an_answer_that_says_nothing_is_no_pass(world, said, reason):
    """A gate fails closed."""
    world.answers(**said)
    ended = world.reply()
    assert (ended.status, ended.result) == ("errored", "fail")
    assert reason in ended.message
    assert "webhook 'smoke' answered 200, and of its answer: the template" in ended.message


def test_a_result_that_is_none_is_no_pass(world):
    """Whatever an endpoint says."""
    text = b"webhooks: [{name: smoke, secret: smoke, answer: {result: '{{ answer.text }}'}}]"
    world.repo.commit("sockshop", "prod", lambda _: {"carts/webhook.yaml": text}, message="change")
    world.http.answers[URL] = HttpAnswer(status=200, body=b"great")
    ended = world.reply()
    assert (ended.result, ended.message) == (
        "fail",
        "webhook 'smoke': its answer gives the result 'great', which is none of fail, pass, warning",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda w: w.secrets.put("smoke", {"token": "t"}), "secret 'smoke' has no 'api-key'; create it"),
        (
            lambda w: w.repo.commit("sockshop", "prod", lambda _: {"carts/webhook.yaml": None}, message="gone"),
            "task 'smoke-test' is carried out by webhook 'smoke', but there is none",
        ),
        (
            lambda w: w.repo.commit("sockshop", "prod", lambda _: {"carts/webhook.yaml": b"webhooks: 7"}, message="x"),
            "webhook.yaml:1: must have `webhooks`",
        ),
    ],
)
def test_what_cannot_be_called_says_why(world, change, reason):
    """What, where, and what to do."""
    change(world)
    assert reason in world.reply().message
    assert world.http.calls == []


def test_an_unknown_name_lists_the_known(world):
    """The shipyard and the file disagree."""
    assert "there is no webhook 'smok' in webhook.yaml; it has: smoke, plain, ask" in world.reply("smok").message


def test_a_built_in_task_is_not_a_webhook_s(world):
    """Two would carry it out."""
    assert "task 'deployment' is a built-in one" in world.reply(name="deployment").message
    assert world.http.calls == []


def test_a_task_that_is_not_open_calls_nobody(world):
    """It is late, or somebody posted it himself."""
    ended = world.reply(opened=False)
    assert "is not open" in ended.message
    open_slot(world.store, SCOPE, replace(world.task(), epoch=9))
    assert world.http.calls == []
