"""`approve`: automatic where the shipyard says so, else a person, by command or by a link that works once."""

from urllib.parse import urlsplit

import pytest
from functions_framework import create_app

from keptn import approvals, context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.context import Context
from keptn.errors import Unavailable
from keptn.events import Event
from keptn.notification import telling
from keptn.simulation.world import World
from tests.world import TOKEN, issue

SHIPYARD = "stages: [{name: prod, deployment_strategy: dark, approval_strategy: {pass: manual, warning: manual}}]"


@pytest.fixture
def world():
    world = World(SHIPYARD)
    world.context._given["secrets"] = MemorySecrets()
    issue(world.context.store)
    return world


@pytest.fixture
def clients(world):
    with context.using(world.context):
        yield {name: create_app("handle", f"functions/{name}/main.py").test_client() for name in ("approve", "api")}


@pytest.fixture
def task(world) -> Event:
    """The approval of a delivery that came from a stage with a warning."""
    data = {"project": "sockshop", "stage": "prod", "service": "carts", "result": "warning"}
    event = Event(
        type="sh.keptn.event.prod.delivery.triggered",
        id="a",
        source="x",
        time=world.clock.now(),
        context="c",
        data=data,
    )
    return world.send(event)[0]


def ask(clients, task: Event) -> Event:
    headers, body = events.encode(task)
    reply = clients["approve"].post("/", data=body, headers=headers)
    assert reply.status_code == 200
    return events.decode(dict(reply.headers), reply.data)


def path(asked: Event, verdict: str) -> str:
    link = urlsplit(asked.data["approval"]["links"][verdict])
    return f"{link.path.removeprefix('/functions/api')}?{link.query}"


def outcome(world) -> list[str]:
    """What the engine makes of the answers that were posted."""
    posted = list(world.sink.posted)
    world.sink.posted.clear()
    return [event.type.removeprefix(events.PREFIX) for answer in posted for event in world.send(answer)]


@pytest.mark.parametrize(("evaluated", "answered"), [("pass", True), ("warning", False)])
def test_between_steps_the_last_evaluation_is_asked_about(clients, task, evaluated, answered):
    """A warning stays with a canary; a step that passed needs nobody because an earlier one warned."""
    asked = {"pass": "automatic", "warning": "manual", "of": "evaluation"}
    data = {**task.data, "result": "warning", "approval": asked, "evaluation": {"result": evaluated}}
    reply = ask(clients, events.with_data(task, data))
    assert reply.type.endswith(".finished" if answered else ".started")


@pytest.mark.parametrize(("result", "strategy"), [("pass", "pass"), ("", "pass"), ("warning", "warning")])
def test_an_automatic_approval_asks_nobody(clients, task, result, strategy):
    """The result so far decides which strategy counts; no result is a pass."""
    data = {**task.data, "result": result, "approval": {"pass": "manual", "warning": "manual", strategy: "automatic"}}
    assert ask(clients, events.with_data(task, data)).result == "pass"


def test_what_failed_is_never_approved_automatically(clients, task):
    """A person may still do it."""
    data = {**task.data, "result": "fail", "approval": {"fail": "automatic"}}
    assert ask(clients, events.with_data(task, data)).type.endswith("approval.started")


def test_a_person_approves_by_the_api(world, clients, task):
    """The delivery goes on; who and why is in the answer."""
    ask(clients, task)
    body = {"result": "pass", "by": "ann", "reason": "looks good"}
    response = clients["api"].post(f"/v1/approval/{task.id}", json=body, headers={"x-token": TOKEN})
    assert response.status_code == 202
    assert world.sink.posted[0].message == "approved by ann-0a0a0a0a: looks good"
    assert outcome(world) == ["deployment.triggered"]


def test_a_person_declines(world, clients, task):
    """The delivery ends; nothing was deployed, so nothing is rolled back."""
    ask(clients, task)
    clients["api"].post(f"/v1/approval/{task.id}", json={"result": "fail"}, headers={"x-token": TOKEN})
    assert outcome(world) == ["prod.delivery.finished"]


@pytest.mark.parametrize("second", [{"result": "fail"}, {"result": "pass", "reason": "another one"}])
def test_a_second_answer_is_told_the_first(world, clients, task, second):
    """Who answered, when, and that nothing is changed; nothing is posted."""
    ask(clients, task)
    asked = {"path": f"/v1/approval/{task.id}", "headers": {"x-token": TOKEN}}
    clients["api"].post(**asked, json={"result": "pass", "by": "ann"})
    assert outcome(world) == ["deployment.triggered"]
    response = clients["api"].post(**asked, json=second | {"by": "bob"})
    assert (response.status_code, len(world.sink.posted)) == (400, 0)
    said = f"approval {task.id} was approved by ann-0a0a0a0a at 2030-01-07 09:00:00Z; nothing is changed"
    assert response.json["error"] == said


def test_an_answer_said_again_is_the_same_answer(world, clients, task):
    """What was answered to it the first time may have been lost: 202 as then, and nothing is posted twice."""
    ask(clients, task)
    asked = {"path": f"/v1/approval/{task.id}", "headers": {"x-token": TOKEN}}
    said = {"result": "pass", "reason": "looks good"}
    assert clients["api"].post(**asked, json=said).status_code == 202
    assert outcome(world) == ["deployment.triggered"]
    assert (clients["api"].post(**asked, json=said).status_code, len(world.sink.posted)) == (202, 0)


def test_an_approval_that_nobody_waits_for_is_told(world, clients, task):
    """The time for it is over: when and why the delivery ended."""
    ask(clients, task)
    world.advance(8 * 24 * 3600)
    response = clients["api"].post(f"/v1/approval/{task.id}", json={"result": "pass"}, headers={"x-token": TOKEN})
    assert response.status_code == 400
    said = f"approval {task.id} is over since 2030-01-14 09:00:00Z: nobody approved within 168h; nothing is changed"
    assert response.json["error"] == said


@pytest.mark.parametrize(
    ("task_id", "result", "status"), [("never", "pass", 400), (None, "maybe", 400), (None, None, 400)]
)
def test_an_answer_that_answers_nothing_is_one_sentence(clients, task, task_id, result, status):
    """An unknown approval, a word that is no answer."""
    ask(clients, task)
    body = {"result": result} if result else {}
    response = clients["api"].post(f"/v1/approval/{task_id or task.id}", json=body, headers={"x-token": TOKEN})
    assert response.status_code in {status, 404}
    assert response.json["error"]


def test_a_link_shows_a_page_and_its_button_answers_once(world, clients, task):
    """Opening it changes nothing, for chats do that by themselves; its button pressed again changes nothing."""
    link = path(ask(clients, task), "pass")
    page = clients["api"].get(link)
    assert (page.status_code, b"Approve" in page.data, len(world.sink.posted)) == (200, True, 0)
    assert clients["api"].post(link).status_code == 200
    assert outcome(world) == ["deployment.triggered"]
    again = clients["api"].post(link)
    assert (again.status_code, b"Your answer: pass" in again.data, len(world.sink.posted)) == (200, True, 0)


def test_a_used_link_leaves_the_other_one_useless(world, clients, task):
    """One question, one answer."""
    asked = ask(clients, task)
    clients["api"].post(path(asked, "fail"))
    assert b"was declined by a signed link" in clients["api"].post(path(asked, "pass")).data


def test_a_link_that_was_tampered_with_is_refused(clients, task):
    """The signature covers the task and the answer."""
    link = path(ask(clients, task), "fail").replace("/fail?", "/pass?")
    assert b"not valid" in clients["api"].post(link).data


def test_an_answer_may_be_given_again_if_it_was_not_taken(world, clients, task):
    """It is the same answer, by whom gave it first; another one is told so."""
    ask(clients, task)
    asked = {"path": f"/v1/approval/{task.id}", "headers": {"x-token": TOKEN}}
    post, world.sink.post = world.sink.post, _away
    assert clients["api"].post(**asked, json={"result": "pass"}).status_code == 503
    world.sink.post = post
    assert clients["api"].post(**asked, json={"result": "fail"}).status_code == 400
    assert clients["api"].post(**asked, json={"result": "pass"}).status_code == 202


def test_a_link_works_again_if_its_answer_was_not_taken(world, clients, task):
    """The Broker was away: 503, and the button works on the second try."""
    link = path(ask(clients, task), "pass")
    post, world.sink.post = world.sink.post, _away
    assert clients["api"].post(link).status_code == 503
    world.sink.post = post
    assert clients["api"].post(link).status_code == 200


@pytest.mark.parametrize("channel", ["slack", "teams"])
@pytest.mark.parametrize("told_first", [True, False])
def test_a_chat_s_buttons_answer(world, clients, task, channel, told_first):
    """The links of the chat are those of `approve`, whoever is first; opening one answers nothing."""
    asked = [] if told_first else [ask(clients, task)]
    http, repo = MemoryHttp(), MemoryConfigRepo()
    world.context.secrets.put("chat", {"url": "https://chat.example/hush"})
    file = f"notifications: [{{channel: {channel}, secret: chat}}]".encode()
    repo.create("sockshop", {"main": {"notify.yaml": file}}, message="tell")
    telling.tell(task, Context(world.context.settings, **{**world.context._given, "config_repo": repo, "http": http}))
    asked = asked or [ask(clients, task)]
    links = asked[0].data["approval"]["links"]
    assert links["pass"] in http.calls[0].body.decode()
    assert links["fail"] in http.calls[0].body.decode()
    assert clients["api"].get(path(asked[0], "pass")).status_code == 200
    assert outcome(world) == []
    assert clients["api"].post(path(asked[0], "pass")).status_code == 200
    assert "deployment.triggered" in outcome(world)


def test_where_nobody_is_asked_a_chat_has_no_buttons(world, task):
    """And no question is kept."""
    automatic = {**task.data, "approval": {"pass": "automatic", "warning": "automatic"}}
    assert approvals.links(events.with_data(task, automatic), world.context) == {}
    assert world.context.store.list("approvals/").names == []


def test_a_repeated_question_has_the_same_links(clients, task):
    """The first run decides the secret."""
    asked = ask(clients, task)
    assert ask(clients, task).data == asked.data
    assert asked.source == approvals.SOURCE


def _away(event: Event) -> None:
    raise Unavailable("the Broker is away")
