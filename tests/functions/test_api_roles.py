"""`api`: who may what. Every route with every role, of the token's own project, of another, of all."""

import re
from pathlib import Path

import pytest

from keptn import approvals, context, events
from keptn.api import needs
from keptn.api.routes import ANYBODY, ROOT, ROUTES
from keptn.events import Event, Scope
from keptn.orchestration import execution_documents
from keptn.records import arrivals, audit, dead_letters
from keptn.records.tokens import Role
from keptn.sequence.slot import Execution, Rank
from tests.world import ROOT_TOKEN, World, error, issue

SCOPE = {"project": "sockshop", "stage": "dev", "service": "carts"}
DELIVERY = "sh.keptn.event.dev.delivery.triggered"
SCAN = "sh.keptn.event.scan"
BODIES = {
    "POST /v1/event": {"type": DELIVERY, "data": SCOPE},
    "PUT /v1/project": {"name": "sockshop"},
    "POST /v1/delivery": {"image": "keptn/carts", "tag": "1.0.0", "project": "sockshop"},
    "POST /v1/secret": {"name": "prometheus-sockshop", "data": {"token": "x"}},
}
LISTS = ("/v1/event", "/v1/project", "/v1/delivery", "/v1/artifact", "/v1/approval", "/v1/dead-letter", "/v1/secret")
HOLDERS = [(role, project) for project in ("", "sockshop", "other") for role in Role]


def token(role: Role, project: str) -> str:
    return f"keptn_{role}-{project or 'all'}-00000000_{'1' * 64}"


def event_of(project: str, event_type: str, event_id: str, *, context: str) -> Event:
    data = {**SCOPE, "project": project}
    now = events.utc("2026-11-24T12:00:00Z")
    return Event(type=event_type, id=event_id, source="x", time=now, root_time=now, context=context, data=data)


def with_something_of(project: str, world: World) -> World:
    """A delivery, an approval, a dead letter and a recorded event of the project, with ids that begin with its name."""
    world.with_sockshop(project)
    execution = Execution(
        id="1",
        context=f"{project}-context",
        sequence="delivery",
        shipyard="",
        rank=Rank.ORDINARY,
        triggered_at=world.clock.now(),
        root_time=world.clock.now(),
    )
    scope = Scope(project=project, stage="dev", service="carts")
    execution_documents.write(world.store, execution, scope=scope, revision=1)
    asked = event_of(project, "sh.keptn.event.approval.triggered", f"{project}-task", context=f"{project}-context")
    approvals.decide(asked, world.context)
    audit.keep(world.store, asked)
    dead_letters.keep_refused(asked, "no room", world.context)
    world.secrets.put(f"prometheus-{project}", {"token": "x"})
    told = {"project": project, "service": "carts", "image": "carts:1", "push": "1", "time": world.clock.now()}
    arrivals.keep(world.store, arrivals.Arrival(**told, outcome=arrivals.Outcome.IGNORED))
    return world


@pytest.fixture
def world():
    world = with_something_of("other", with_something_of("sockshop", World()))
    for role, project in HOLDERS:
        issue(world.store, token(role, project), role=role, project=project)
    with context.using(world.context):
        yield world


@pytest.fixture
def ask(world):
    def asked(method, path, text, body=None):
        given = {"json": body if body is not None else {}} if method in ("POST", "PUT") else {}
        return world.client("api").open(path, method=method, headers={"x-token": text}, **given)

    return asked


def of_sockshop(route, world) -> str:
    """The route with everything named by something of sockshop."""
    (letter,) = (one for one in dead_letters.page(world.store).letters if one["event"]["id"] == "sockshop-task")
    known = {
        **SCOPE,
        "uri": "notes.txt",
        "context": "sockshop-context",
        "task": "sockshop-task",
        "letter": letter["id"],
        "event_id": "sockshop-task",
        "name": "prometheus-sockshop",
        "sequence": "delivery",
        "token": "ci-00000000",
    }
    path = re.sub(r"<(?:path:)?(\w+)>", lambda match: known[match[1]], route.path)
    if route.endpoint == "events:show":
        return f"{path}?keptnContext=sockshop-context"
    return f"{path}?project=sockshop" if route.method == "GET" and path in LISTS else path


def is_allowed(route, role: Role, project: str) -> bool:
    if route.role == ANYBODY:
        return True
    ranks = list(Role)
    reaches = route.role != ROOT and ranks.index(role) >= ranks.index(route.role)
    its_own = route.projects is not None and project == "sockshop"
    return reaches and (not project or its_own or route.projects is needs.no_project)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_each_role_reaches_what_it_may_and_nothing_else(world, ask, route):
    """The refused first: what they did would be seen by the others."""
    path, body = of_sockshop(route, world), BODIES.get(f"{route.method} {route.path}")
    for role, project in sorted(HOLDERS, key=lambda one: is_allowed(route, *one)):
        before = len(world.sink.events)
        answer = ask(route.method, path, token(role, project), body)
        assert (answer.status_code != 403) == is_allowed(route, role, project), (role, project, answer.text)
        if answer.status_code == 403:
            assert re.search("keptn create token|root token|without --project", error(answer)), error(answer)
            assert len(world.sink.events) == before
    answer = ask(route.method, path, ROOT_TOKEN, body)
    assert (answer.status_code != 403) == (route.role in (ROOT, ANYBODY)), answer.text


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_asks_for_a_token_first(world, ask, route):
    """Also one that only the root token opens."""
    assert ask(route.method, of_sockshop(route, world), "wrong").status_code == 401


@pytest.mark.parametrize(
    "path", [*(path for path in LISTS[1:] if path != "/v1/approval"), "/v1/event?keptnContext=sockshop-context"]
)
def test_a_list_holds_what_the_token_is_for(ask, path):
    """Without a project it is the token's own; nothing of another's is named."""
    mine, every = (ask("GET", path, token(Role.CONFIGURE, project)) for project in ("other", ""))
    assert mine.status_code == every.status_code == 200
    assert "sockshop" not in mine.text and "sockshop" in every.text


def test_the_table_of_the_docs_is_this_one():
    """A route that is new, or takes another role, is documented."""
    said = re.findall(
        r"^\| `([A-Z]+ /v1/.*?)` \| (.*?) \| (.*?) ?\|$", Path("docs/security.md").read_text(), re.MULTILINE
    )
    assert said == [
        (
            f"{route.method} {route.path.replace('path:', '')}",
            f"{route.role} or more" if route.more else str(route.role),
            _found_by(route),
        )
        for route in ROUTES
    ]


def _found_by(route) -> str:
    if route.role in (ROOT, ANYBODY):
        return ""
    return route.projects.__name__.replace("_", " ") if route.projects else "all"


def test_a_delivery_is_looked_for_where_the_token_may(world, ask):
    """Two projects have the image: for a token of one there is no question which is meant."""
    body = {"image": "keptn/carts", "tag": "1.0.0"}
    assert "several places" in error(ask("POST", "/v1/delivery", token(Role.DELIVER, ""), body))
    answer = ask("POST", "/v1/delivery", token(Role.DELIVER, "other"), body)
    assert (answer.status_code, answer.json["project"]) == (202, "other")


@pytest.mark.parametrize(
    ("event", "least"),
    [
        ({"type": DELIVERY}, Role.DELIVER),
        ({"type": DELIVERY, "data": {**SCOPE, "force": "urgent"}}, Role.OPERATE),
        ({"type": "sh.keptn.event.dev.rollback.triggered"}, Role.OPERATE),
        ({"type": "sh.keptn.event.dev.remediation.triggered"}, Role.OPERATE),
        ({"type": f"{SCAN}.finished", "triggeredid": "1"}, Role.DELIVER),
        ({"type": f"{SCAN}.finished", "triggeredid": "1", "data": {**SCOPE, "scan": {"found": 0}}}, Role.DELIVER),
        ({"type": f"{SCAN}.finished", "triggeredid": "1", "data": {**SCOPE, "artifact": {"tag": "9"}}}, Role.OPERATE),
        ({"type": f"{SCAN}.finished", "triggeredid": "1", "data": {**SCOPE, "get-sli": {"x": 1}}}, Role.OPERATE),
        ({"type": DELIVERY, "data": {**SCOPE, "get-sli": {"indicatorValues": []}}}, Role.OPERATE),
        ({"type": DELIVERY, "data": {**SCOPE, "approval": {"pass": "automatic"}}}, Role.OPERATE),
        ({"type": DELIVERY, "data": {**SCOPE, "problem": {"problemTitle": "slow"}}}, Role.OPERATE),
        ({"type": DELIVERY, "data": {**SCOPE, "labels": {"build": "7"}, "team": {"a": 1}}}, Role.DELIVER),
        (
            {"type": "sh.keptn.event.dev.evaluation.triggered", "data": {**SCOPE, "evaluation": {"timeframe": "5m"}}},
            Role.DELIVER,
        ),
        ({"type": "sh.keptn.event.dev.evaluation.triggered", "data": {**SCOPE, "get-sli": {"x": 1}}}, Role.OPERATE),
        ({"type": "sh.keptn.event.get-sli.finished", "triggeredid": "1"}, Role.OPERATE),
        ({"type": "sh.keptn.event.approval.finished", "triggeredid": "1"}, Role.OPERATE),
        ({"type": "sh.keptn.event.evaluation.finished", "triggeredid": "1"}, Role.OPERATE),
        ({"type": "sh.keptn.event.evaluation.invalidated", "triggeredid": "1"}, Role.OPERATE),
        ({"type": "com.example.thing"}, Role.DELIVER),
    ],
)
def test_an_event_takes_the_role_of_what_it_does(world, ask, event, least):
    """No gate is passed, nothing rolled back and nothing approved by who may only deliver."""
    for role in Role:
        answer = ask("POST", "/v1/event", token(role, "sockshop"), {"data": SCOPE, **event})
        assert (answer.status_code != 403) == role.includes(least), (role, answer.text)


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ({"type": DELIVERY, "data": {**SCOPE, "force": "x"}}, "'force' in the data of what starts a sequence"),
        ({"type": "sh.keptn.event.dev.rollback.triggered"}, "the sequence rollback"),
        ({"type": "sh.keptn.event.test.finished", "triggeredid": "1"}, "an answer to test, a task of keptn's own,"),
        ({"type": f"{SCAN}.finished", "triggeredid": "1", "data": {**SCOPE, "artifact": 1}},
         "'artifact' in an answer to scan, beside what is its own,"),
    ],
)  # fmt: skip
def test_what_takes_more_is_named(ask, event, what):
    """Whoever wrote the event sees what to leave out, or what to ask for."""
    answer = ask("POST", "/v1/event", token(Role.DELIVER, "sockshop"), {"data": SCOPE, **event})
    assert f"has the role deliver, and {what} takes operate; who has the root token" in error(answer)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/delivery", {"image": "keptn/carts:1.0.0", "project": "sockshop", "force": True, "reason": "x"}),
        ("/v1/delivery", {"image": "keptn/carts:1.0.0", "project": "sockshop", "sequence": "rollback"}),
        ("/v1/project/sockshop/stage/dev/service/carts/sequence/rollback", {}),
        ("/v1/project/sockshop/stage/dev/service/carts/sequence/delivery", {"data": {"force": {"reason": "x"}}}),
        ("/v1/project/sockshop/stage/dev/service/carts/sequence/delivery", {"data": {"get-sli": {"x": 1}}}),
    ],
)
def test_what_overrides_takes_a_person_on_duty(world, ask, path, body):
    """A CI's token forces nothing and rolls nothing back."""
    assert ask("POST", path, token(Role.DELIVER, "sockshop"), body).status_code == 403
    assert ask("POST", path, token(Role.OPERATE, "sockshop"), body).status_code < 300


@pytest.mark.parametrize("role", Role)
def test_a_link_that_answers_is_for_who_may_answer(world, ask, role):
    """Whoever sees the audit log or a dead letter must not approve by what stands there."""
    asked = event_of("sockshop", "sh.keptn.event.approval.triggered", "sockshop-new", context="sockshop-context")
    started = approvals.decide(asked, world.context)
    audit.keep(world.store, started)
    dead_letters.keep_refused(started, "no room", world.context)
    event = f"/v1/event/{started.id}?keptnContext=sockshop-context"
    paths = (event, "/v1/event?keptnContext=sockshop-context", "/v1/event?project=sockshop", "/v1/dead-letter")
    (letter,) = (one for one in dead_letters.page(world.store).letters if one["event"]["id"] == started.id)
    for path in (*paths, f"/v1/dead-letter/{letter['id']}"):
        said = ask("GET", path, token(role, "sockshop")).text
        assert started.id in said and ("/v1/answer/" in said) == role.includes(Role.OPERATE), path


@pytest.mark.parametrize("data", [{}, {"project": ""}, {"project": "other"}, {"project": ["sockshop"]}])
def test_an_event_is_of_the_tokens_project(world, ask, data):
    """One that is of none could be meant for anybody."""
    answer = ask("POST", "/v1/event", token(Role.CONFIGURE, "sockshop"), {"type": "com.example.x", "data": data})
    assert (answer.status_code, world.sink.events) == (403, [])


def test_an_event_joins_no_other_projects_delivery(world, ask):
    """Its context is where people look for what happened."""
    body = {"type": DELIVERY, "shkeptncontext": "other-context", "data": SCOPE}
    answer = ask("POST", "/v1/event", token(Role.CONFIGURE, "sockshop"), body)
    assert "is for project sockshop, not other" in error(answer) and not world.sink.events


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("prometheus-sockshop", True),
        ("dynatrace-sockshop", True),
        ("hook-problems-sockshop", True),
        ("hook-sockshop.carts", True),
        ("chat.sockshop", True),
        ("chat.other.sockshop", True),
        ("sockshop.chat", False),
        ("registry-images.sockshop", False),
        ("prometheus-other-sockshop", False),
        ("hook-problems-sockshop.carts", False),
        ("hook-problems.sockshop", False),
        ("hooks", False),
        ("git", False),
        ("chat", False),
        ("api", False),
    ],
)
def test_a_project_writes_the_secrets_that_only_it_uses(world, ask, name, mine):
    """By the whole of their names, so that no project's can be taken for another's."""
    body = {"name": name, "data": {"token": "sockshop.x"}}
    for text in (token(Role.CONFIGURE, "sockshop"), token(Role.CONFIGURE, "other")):
        refused = ask("POST", "/v1/secret", text, body).status_code == 403
        assert refused != (mine and text == token(Role.CONFIGURE, "sockshop"))


def test_a_name_in_a_field_of_another_meaning_opens_nothing(world, ask):
    """What is checked is what is done."""
    body = {
        "project": "other",
        "name": "sockshop",
        "projectName": "other",
        "gitCredentials": {"remoteURL": "https://x"},
    }
    answer = ask("PUT", "/v1/project", token(Role.CONFIGURE, "other"), body)
    assert answer.status_code == 403
