"""`notify`: what a team subscribed to is told, once, and never at the cost of a delivery."""

from datetime import timedelta

import pytest
from functions_framework import create_app

from keptn import context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.events import Event
from keptn.notification import telling
from keptn.ports import HttpAnswer
from keptn.settings import Settings

CHAT, OPS = "https://chat.example/hush", "https://ops.example/hush"
NOTIFY = """
notifications:
- {name: chat, channel: slack, secret: chat, results: [fail, warning]}
- {name: ops, channel: cdevents, secret: ops, events: ["*.delivery.finished"], stages: [prod]}
"""


class DictSecrets(dict):
    def get(self, name, key):
        return dict.get(self, (name, key))


class CountingRepo(MemoryConfigRepo):
    """Knows how often it was read."""

    reads = 0

    def tree(self, project: str, branch: str, *, commit: str = ""):
        self.reads += 1
        return super().tree(project, branch, commit=commit)


class StillClock:
    now_is = events.utc("2026-01-01T00:00:00Z")

    def now(self):
        return self.now_is


class World:
    def __init__(self) -> None:
        self.repo, self.http, self.store = CountingRepo(), MemoryHttp(), MemoryStore()
        self.repo.create("sockshop", {"main": {"notify.yaml": NOTIFY.encode()}}, message="create")
        self.secrets = DictSecrets({("chat", "url"): CHAT, ("ops", "url"): OPS})
        self.clock = StillClock()
        parts = {"store": self.store, "config_repo": self.repo, "http": self.http, "secrets": self.secrets}
        parts |= {"clock": self.clock}
        self.context = Context(Settings(), **parts)

    def event(self, kind: str = "prod.delivery.finished", *, id: str = "e1", **data) -> Event:  # noqa: A002
        scope = {"project": "sockshop", "stage": "prod", "service": "carts", "result": "fail"}
        time = events.utc("2026-01-01T00:00:00Z")
        return Event(type=f"sh.keptn.event.{kind}", id=id, source="x", time=time, context="c", data={**scope, **data})

    def post(self, kind: str = "prod.delivery.finished", **given):
        headers, body = events.encode(self.event(kind, **given))
        with context.using(self.context):
            return create_app("handle", "functions/notify/main.py").test_client().post("/", data=body, headers=headers)

    @property
    def told(self) -> list[str]:
        return [call.url for call in self.http.calls]


@pytest.fixture
def world() -> World:
    return World()


def test_subscribers_are_told(world):
    """A chat in words, a machine in CDEvents; the answer to the Broker is empty."""
    answer = world.post(message="p95 is 900 ms")
    assert (answer.status_code, answer.data) == (204, b"")
    chat, ops = world.http.calls
    assert (chat.url, chat.json["blocks"][0]["text"]["text"]) == (CHAT, "❌ Delivery of carts in prod failed")
    assert chat.json["blocks"][2]["block_id"] == chat.headers["x-correlation-id"]
    assert (ops.url, ops.json["subject"]["content"]["outcome"]) == (OPS, "failure")
    assert ops.headers["ce-type"] == "dev.cdevents.pipelinerun.finished.0.3.0"


def test_nobody_else_is(world):
    """Filters hold."""
    world.post(stage="dev", result="pass")
    world.post("test.finished")
    assert world.told == []


def test_a_repeat_tells_nobody_twice(world):
    """The ledger knows what was accepted."""
    world.post()
    world.post()
    assert world.told == [CHAT, OPS]


def test_two_events_are_two_messages(world):
    """The correlation id comes from the event."""
    world.post()
    world.post(id="e2")
    assert len({call.headers["x-correlation-id"] for call in world.http.calls}) == 4


@pytest.mark.parametrize(
    ("secret", "told"), [("chat.sockshop", [CHAT]), ("chat.other", []), ("hook-problems-other", [])]
)
def test_a_secret_of_another_project_is_not_used(world, secret, told):
    """Whoever writes the file may name anything; what he names must not speak with another's login."""
    file = f"notifications: [{{name: chat, channel: slack, secret: {secret}}}]".encode()
    world.repo.commit("sockshop", "main", lambda _: {"notify.yaml": file}, message="x")
    world.secrets[secret, "url"] = CHAT
    answer = world.post()
    assert (world.told, answer.status_code) == (told, 204 if told else 422)
    assert told or f"the secret {secret} is project other's, not sockshop's" in answer.text


def test_a_chat_that_is_away_is_tried_again_alone(world):
    """503: the Broker comes back, and only who missed it is told, under the same correlation id."""
    world.http.answers[CHAT] = HttpAnswer(status=503)
    assert world.post().status_code == 503
    world.http.answers.clear()
    assert world.post().status_code == 204
    assert world.told == [CHAT, OPS, CHAT]
    assert world.http.calls[0].headers["x-correlation-id"] == world.http.calls[2].headers["x-correlation-id"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda w: w.http.answers.update({CHAT: HttpAnswer(status=404)}), "chat: slack answered 404; check the url"),
        (lambda w: w.secrets.pop(("chat", "url")), "chat: secret 'chat' has no 'url'; create it with `keptn create"),
    ],
)
def test_what_cannot_be_told_goes_to_the_dead_letter_sink(world, change, reason):
    """422, at once, with the reason and without the address; the others were told."""
    change(world)
    answer = world.post()
    assert answer.status_code == 422
    assert reason in answer.json["error"]
    assert "hush" not in answer.json["error"]
    assert OPS in world.told


def test_a_wrong_file_goes_to_the_dead_letter_sink(world):
    """Nobody can be told, and that is kept with file and line."""
    world.repo.commit("sockshop", "main", lambda _: {"notify.yaml": b"notifications:\n- irc\n"}, message="break")
    answer = world.post()
    assert answer.status_code == 422
    assert "notify.yaml:2: a notification is a mapping" in answer.json["error"]


def test_without_a_file_there_is_nothing_to_do(world):
    """A project that wants no messages gets none."""
    world.repo.commit("sockshop", "main", lambda _: {"notify.yaml": None}, message="quiet")
    assert world.post().status_code == 204
    assert world.told == []


@pytest.mark.parametrize("project", ["", "unknown"])
def test_an_event_of_no_project_is_fine(world, project):
    """An event about nothing we know has no subscribers."""
    assert world.post(project=project).status_code == 204


def test_what_was_read_counts_for_a_minute(world):
    """The thirty events of a delivery are one look at Git; a change is heard of within a minute, a wrong file too."""
    for number in range(30):
        world.post(id=str(number))
    assert world.repo.reads == 1
    for content, status in ((b"notifications: []", 204), (b"notifications: 7", 422)):
        world.repo.commit("sockshop", "main", lambda _, new=content: {"notify.yaml": new}, message="change")
        world.clock.now_is += timedelta(seconds=60)
        world.http.calls.clear()
        assert [world.post(id=f"{status} {n}").status_code for n in range(3)] == [status] * 3
        assert world.told == []
    assert world.repo.reads == 3 + 2  # a commit reads, too


def test_one_request_s_look_counts_for_the_next(world):
    """Also where each request has a context of its own."""
    with context.using(world.context):
        for number in range(3):
            telling.tell(world.event(id=str(number)), world.context.for_request())
    assert world.repo.reads == 1


def test_only_so_many_projects_are_remembered(world):
    """Memory has an end: who was read longest ago is read again."""
    names = [f"p{number}" for number in range(telling.MOST_PROJECTS + 1)]
    for name in names:
        world.repo.create(name, {"main": {}}, message="create")
    for name in (*names, names[-1], names[0]):
        telling.tell(world.event(project=name), world.context)
    assert world.repo.reads == len(names) + 1


def test_a_project_that_is_made_meanwhile_is_found(world):
    """That there is none is not remembered."""
    world.post(project="late")
    world.repo.create("late", {"main": {"notify.yaml": NOTIFY.encode()}}, message="create")
    world.post(project="late")
    assert world.told == [CHAT, OPS]


OWN = """
notifications:
- channel: webhook
  secret: ops
  body: {text: "{{ title }}: {{ why }}", id: "{{ correlation_id }}", n: 7}
- {channel: slack, secret: chat, body: '{"score": {{ data.score | tojson }}}'}
"""


def test_a_body_of_ones_own_is_filled(world):
    """A tree stays one, whatever is filled in; a text is JSON when it is filled."""
    world.repo.commit("sockshop", "main", lambda _: {"notify.yaml": OWN.encode()}, message="own")
    assert world.post(message='"slow"', score=7.5).status_code == 204
    ops, chat = world.http.calls
    assert ops.json == {
        "text": 'Delivery of carts in prod failed: "slow"',
        "id": ops.headers["x-correlation-id"],
        "n": 7,
    }
    assert chat.json == {"score": 7.5}


def test_a_body_that_cannot_be_filled_goes_to_the_dead_letter_sink(world):
    """With the name of what is missing; the others are told."""
    world.repo.commit("sockshop", "main", lambda _: {"notify.yaml": OWN.encode()}, message="own")
    answer = world.post()
    assert answer.status_code == 422
    assert "slack chat: the template cannot be filled, line 1:" in answer.json["error"]
    assert "no attribute 'score'" in answer.json["error"]
    assert world.told == [OPS]


def test_a_text_that_is_no_json_is_not_sent(world):
    """A quote that was not expected."""
    text = """notifications: [{channel: slack, secret: chat, body: '{"a": "{{ why }}"}'}]"""
    world.repo.commit("sockshop", "main", lambda _: {"notify.yaml": text.encode()}, message="own")
    assert "write it as a mapping" in world.post(message='"slow"').json["error"]
    assert world.told == []
