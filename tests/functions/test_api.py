"""`api`: what the CLI, the bridge, CI jobs and remote executors may ask for."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keptn import context, events
from keptn.events import Event
from keptn.projects import artifacts
from tests.world import SHIPYARD, VALUES, World

DELIVERY = "sh.keptn.event.dev.delivery.triggered"
SCOPE = {"project": "sockshop", "stage": "dev", "service": "carts"}


@pytest.fixture
def world():
    world = World().with_sockshop()
    with context.using(world.context):
        yield world


@pytest.fixture
def api(world):
    client = world.client("api")

    def call(method, path, body=None, *, token="token", headers=None, **given):
        given |= {"json": body} if body is not None else {}
        return client.open(path, method=method, headers={"x-token": token, **(headers or {})}, **given)

    return call


def error(response) -> str:
    assert set(response.json) == {"error"}
    return response.json["error"]


def test_without_token_nothing_is_answered(api):
    """Every route asks for the token, unknown routes too."""
    for path in ("/v1/metadata", "/v1/nothing"):
        response = api("GET", path, token="wrong")
        assert response.status_code == 401
        assert "keptn auth" in error(response)
    assert api("GET", "/v1/metadata").json["keptnversion"]


def test_an_api_without_token_lets_nobody_in(world, api):
    """Before a token exists the API is closed, and says what to make."""
    world.secrets.delete("api")
    response = api("GET", "/v1/metadata", token="")
    assert response.status_code == 503
    assert "create the secret" in error(response)


def test_an_unknown_route_or_method_is_one_sentence(api):
    """A wrong path is 404, a wrong method 405 with the right ones."""
    assert api("GET", "/v1/nothing").status_code == 404
    response = api("PATCH", "/v1/project")
    assert response.status_code == 405
    assert "it takes GET" in error(response)


class TestEvents:
    """POST and GET /v1/event."""

    def test_keptns_json_is_completed(self, world, api):
        """Without specversion, id, source and context they are added; the image's digest too."""
        data = {**SCOPE, "configurationChange": {"values": {"image": "keptn/carts:0.2"}}}
        response = api("POST", "/v1/event", {"type": DELIVERY, "data": data})
        (event,) = world.sink.events
        assert response.status_code == 202
        assert response.json == {"keptnContext": event.context, "id": event.id, "type": DELIVERY, **SCOPE}
        assert event.data["artifact"]["digest"] == world.registry.digest("keptn/carts:0.2")
        assert event.context

    def test_a_short_image_becomes_the_onboarded_one(self, world, api):
        """`carts:0.2` in a file means what it means on the command line; other values stay."""
        change = {"configurationChange": {"values": {"image": "carts:0.2", "replicas": 2}}}
        api("POST", "/v1/event", {"type": DELIVERY, "data": {**SCOPE, **change}})
        (event,) = world.sink.events
        assert event.data["configurationChange"]["values"] == {"image": "keptn/carts:0.2", "replicas": 2}
        assert event.data["artifact"]["digest"] == world.registry.digest("keptn/carts:0.2")

    def test_a_binary_event_travels_unchanged(self, world, api):
        """An executor's `.finished` keeps its id, source, context and triggeredid."""
        sent = Event(
            type="sh.keptn.event.test.finished",
            id="1",
            source="jmeter",
            time=datetime(2026, 11, 24, tzinfo=UTC),
            data={**SCOPE, "result": "pass", "status": "succeeded"},
            context="c",
            triggered_id="t",
        )
        headers, body = events.encode(sent)
        assert api("POST", "/v1/event", headers=headers, data=body).status_code == 202
        assert world.sink.events == [sent]

    def test_an_event_of_somebody_elses_is_passed_on(self, world, api):
        """Any valid CloudEvent may be posted: an extension decides what it means."""
        api("POST", "/v1/event", {"type": "com.example.thing", "source": "x", "data": {}})
        assert world.sink.events[0].type == "com.example.thing"

    @pytest.mark.parametrize(
        ("event", "status", "said"),
        [
            ({"type": DELIVERY, "data": {"project": "sockshop"}}, 400, "lacks service"),
            ({"type": DELIVERY, "data": {**SCOPE, "project": "x"}}, 404, "there is no project 'x'; projects: sockshop"),
            ({"type": DELIVERY, "data": {**SCOPE, "service": "x"}}, 404, "has no service 'x'; services: carts"),
            ({"type": DELIVERY, "data": {**SCOPE, "stage": "prod"}}, 400, "make them agree"),
            ({"type": "sh.keptn.event.prd.a.triggered", "data": {**SCOPE, "stage": ""}}, 404, "stages: dev, st"),
            ({"type": "sh.keptn.event.a.b.c.triggered"}, 400, "must be sh.keptn.event.<task>.<phase>"),
            ({"type": "sh.keptn.timer.deploy.due"}, 400, "internal event of the clock"),
            ({"data": {}}, 400, "lacks type"),
            ({"type": "x", "data": [1]}, 400, "must be a JSON object"),
            (
                {"type": DELIVERY, "data": {**SCOPE, "configurationChange": {"values": {"image": "carts:9"}}}},
                404,
                "carts:9",
            ),
            (
                {"type": DELIVERY, "data": {**SCOPE, "configurationChange": {"values": {"image": "carts"}}}},
                400,
                "must be repository:tag",
            ),
        ],
    )  # fmt: skip
    def test_a_bad_event_is_refused_and_not_posted(self, world, api, event, status, said):
        """What could only end as errored is told at once, in one sentence."""
        response = api("POST", "/v1/event", event)
        assert (response.status_code, said in error(response)) == (status, True), error(response)
        assert not world.sink.events

    def test_recorded_events_are_found(self, api):
        """By context oldest first, by project newest first and by type, by context and id."""
        posted = [api("POST", "/v1/event", {"type": f"sh.keptn.event.{t}.finished", "data": SCOPE}) for t in "ab"]
        context_ = posted[0].json["keptnContext"]
        assert len(api("GET", f"/v1/event?keptnContext={context_}").json["events"]) == 1
        types = [e["type"] for e in api("GET", "/v1/event?project=sockshop").json["events"]]
        assert types == ["sh.keptn.event.b.finished", "sh.keptn.event.a.finished"]
        assert len(api("GET", "/v1/event?project=sockshop&type=a.finished").json["events"]) == 1
        found = api("GET", f"/v1/event/{posted[0].json['id']}?keptnContext={context_}")
        assert found.json["type"] == "sh.keptn.event.a.finished"

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 400),
            ("?project=x", 404),
            ("?project=sockshop&pageSize=0", 400),
            ("/id", 400),
            ("/id?keptnContext=c", 404),
        ],
    )
    def test_a_bad_query_is_one_sentence(self, api, query, status):
        """An unbounded, unknown or ill-sized question is refused."""
        response = api("GET", f"/v1/event{query}")
        assert response.status_code == status
        assert error(response)


class TestProjects:
    """/v1/project."""

    def test_creating_posts_one_event(self, world, api):
        """A checked project is handed on as project.create; base64 and plain text are taken."""
        for name, shipyard in (("a", SHIPYARD.decode()), ("b", base64.b64encode(SHIPYARD).decode())):
            response = api("POST", "/v1/project", {"name": name, "shipyard": shipyard})
            assert response.status_code == 202
            event = world.sink.events[-2]
            assert event.type == "sh.keptn.event.project.create.triggered"
            assert event.data == {"project": name, "shipyard": SHIPYARD.decode()}
            assert response.json["id"] == event.id

    @pytest.mark.parametrize(
        ("body", "status", "said"),
        [
            ({"name": "sockshop", "shipyard": "stages: [{name: dev}]"}, 409, "'sockshop' exists"),
            ({"name": "Sock Shop", "shipyard": "stages: [{name: dev}]"}, 400, "lower-case letters"),
            ({"name": "a", "shipyard": "stages: [{name: main}]"}, 400, "is reserved"),
            ({"name": "a", "shipyard": "stages: ["}, 400, "shipyard.yaml:"),
            ({"name": "a"}, 400, "lacks 'shipyard'"),
            ({"name": 3, "shipyard": "x"}, 400, "must be a text"),
            ({}, 400, "lacks 'name'"),
        ],
    )
    def test_a_bad_project_is_refused_and_not_posted(self, world, api, body, status, said):
        """Nothing half-created stays behind: what is wrong is told before anything happens."""
        response = api("POST", "/v1/project", body)
        assert (response.status_code, said in error(response)) == (status, True), error(response)
        assert not world.sink.events

    def test_projects_are_listed_in_pages(self, world, api):
        """Each page says where the next begins."""
        world.with_sockshop("a").with_sockshop("b")
        first = api("GET", "/v1/project?pageSize=2").json
        assert [p["projectName"] for p in first["projects"]] == ["a", "b"]
        rest = api("GET", f"/v1/project?pageSize=2&nextPageKey={first['nextPageKey']}").json
        assert [p["projectName"] for p in rest["projects"]] == ["sockshop"]
        assert (rest["nextPageKey"], rest["totalCount"]) == ("", 3)

    def test_a_project_is_shown_with_stages_and_services(self, api):
        """One project is its shipyard, its stages and what runs in them."""
        shown = api("GET", "/v1/project/sockshop").json
        assert shown["shipyard"] == SHIPYARD.decode()
        assert shown["stages"][2] == {"stageName": "prod", "services": ["carts"]}
        assert api("GET", "/v1/project/sockshop/stage/production").json["stageName"] == "prod"
        assert api("GET", "/v1/project/sockshop/stage/qa").status_code == 404
        assert api("GET", "/v1/project/nothing").status_code == 404

    def test_deleting_posts_one_event(self, world, api):
        """A project is deleted by its event; an unknown one is refused."""
        assert api("DELETE", "/v1/project/sockshop").status_code == 202
        assert world.sink.events[0].type == "sh.keptn.event.project.delete.triggered"
        assert api("DELETE", "/v1/project/nothing").status_code == 404


class TestServices:
    """/v1/project/<project>/service."""

    def test_onboarding_posts_one_event(self, world, api):
        """The name comes from the values file."""
        values = VALUES.decode().replace("carts", "orders")
        assert api("POST", "/v1/project/sockshop/service", {"values": values}).status_code == 202
        event, finished = world.sink.events
        assert finished.result == "pass"
        assert event.type == "sh.keptn.event.service.create.triggered"
        assert event.data == {"project": "sockshop", "service": "orders", "values": values}

    @pytest.mark.parametrize(
        ("project", "values", "status", "said"),
        [
            ("sockshop", VALUES.decode(), 409, "has the service 'carts' already"),
            ("nothing", VALUES.decode(), 404, "there is no project"),
            ("sockshop", "image: [", 400, "values.yaml:"),
            ("sockshop", "image: {repository: carts}", 400, "must name its service"),
        ],
    )
    def test_a_bad_service_is_refused_and_not_posted(self, world, api, project, values, status, said):
        """What is wrong is told before anything happens."""
        response = api("POST", f"/v1/project/{project}/service", {"values": values})
        assert (response.status_code, said in error(response)) == (status, True), error(response)
        assert not world.sink.events

    def test_a_service_shows_what_is_live(self, world, api):
        """The slot of each stage says which image users get."""
        world.live("dev", image="keptn/carts:0.2")
        stages = api("GET", "/v1/project/sockshop/service/carts").json["stages"]
        assert stages[0]["live"]["image"] == "keptn/carts:0.2"
        assert stages[1] == {"stageName": "staging", "serviceName": "carts"}
        assert api("GET", "/v1/project/sockshop/stage/dev/service/carts").json["live"]["colour"] == "blue"
        assert api("GET", "/v1/project/sockshop/service").json == {"services": [{"serviceName": "carts"}]}
        assert api("GET", "/v1/project/sockshop/stage/dev/service/x").status_code == 404

    def test_the_hook_is_told(self, api):
        """A person installs the hook from its URL and header."""
        assert api("GET", "/v1/project/sockshop/service/carts/hook").json == {
            "url": "http://keptn.local/functions/receive-artifact",
            "header": "Authorization: Bearer carts",
            "token": "carts",
        }

    def test_deleting_posts_one_event(self, world, api):
        """A service is deleted by its event."""
        assert api("DELETE", "/v1/project/sockshop/service/carts").status_code == 202
        assert world.sink.events[0].type == "sh.keptn.event.service.delete.triggered"


class TestResources:
    """…/resource/<path>."""

    @staticmethod
    def body(text: str) -> dict[str, str]:
        return {"resourceContent": base64.b64encode(text.encode()).decode()}

    def test_a_service_that_moved_does_not_hear_of_its_old_repository(self, world, api):
        """Pushes are followed to the repositories that its stages name, and to no others."""

        def put(where: str, repository: str) -> set[str]:
            values = f"service: carts\nimage: {{repository: {repository}}}\n"
            assert api("PUT", f"/v1/project/sockshop{where}/resource/values.yaml", self.body(values)).status_code == 200
            return {
                one for one in ("keptn/carts", "new/carts", "odd/carts") if artifacts.owners(world.context.store, one)
            }

        assert put("/stage/prod/service/carts", "odd/carts") == {"keptn/carts", "odd/carts"}
        assert put("/service/carts", "new/carts") == {"new/carts"}
        world.config_repo.commit("sockshop", "dev", lambda _: {"carts/values.yaml": b"x"}, message="by hand")
        assert put("/stage/prod/service/carts", "odd/carts") == {"new/carts", "odd/carts"}

    @pytest.mark.parametrize(
        ("where", "branches", "path"),
        [
            ("", ["main"], "a/b.txt"),
            ("/stage/dev", ["dev"], "a/b.txt"),
            ("/service/carts", ["dev", "prod", "staging"], "carts/a/b.txt"),
            ("/stage/production/service/carts", ["prod"], "carts/a/b.txt"),
        ],
    )
    def test_a_file_is_committed_where_it_belongs(self, world, api, where, branches, path):
        """A project's file is on main, a stage's on its branch, a service's in its folder of every stage."""
        response = api("PUT", f"/v1/project/sockshop{where}/resource/a%2Fb.txt", self.body("hello"))
        assert sorted(response.json["commits"]) == branches
        for branch in branches:
            assert world.config_repo.tree("sockshop", branch).read(path) == b"hello"
        shown = api("GET", f"/v1/project/sockshop{where}/resource/a/b.txt").json
        assert base64.b64decode(shown["resourceContent"]) == b"hello"
        assert path in str(api("GET", f"/v1/project/sockshop{where}/resource").json)
        assert api("DELETE", f"/v1/project/sockshop{where}/resource/a/b.txt").status_code == 200
        assert api("GET", f"/v1/project/sockshop{where}/resource/a/b.txt").status_code == 404

    @pytest.mark.parametrize(
        ("path", "text", "said"),
        [
            ("/resource/shipyard.yaml", "stages: [", "shipyard.yaml:"),
            ("/resource/shipyard.yaml", "stages: [{name: dev}]", "stages cannot be added, removed or renamed"),
            ("/resource/..%2Fetc", "x", "must be a relative path"),
            ("/resource/.git/config", "x", "must be a relative path"),
            ("/service/carts/resource/deployment.yaml", "a: 1", "which deliveries write"),
            ("/service/carts/resource/perfspec.json", "{", "carts/perfspec.json"),
        ],
    )
    def test_a_bad_file_is_refused_and_not_committed(self, world, api, path, text, said):
        """A file is checked by its kind before it is committed."""
        before = {branch: world.config_repo.tree("sockshop", branch).commit for branch in ("main", "dev")}
        response = api("PUT", f"/v1/project/sockshop{path}", self.body(text))
        assert (response.status_code, said in error(response)) == (400, True), error(response)
        assert before == {branch: world.config_repo.tree("sockshop", branch).commit for branch in ("main", "dev")}

    def test_all_problems_of_a_file_are_told_at_once(self, api):
        """Each is a line with file, line and what to do."""
        text = "checks:\n- path: health\n- {}\n"
        response = api("PUT", "/v1/project/sockshop/service/carts/resource/tests/functional.yaml", self.body(text))
        assert error(response).splitlines() == [
            "carts/tests/functional.yaml:2: `path` must be a path that begins with /, not 'health'",
            "carts/tests/functional.yaml:3: entry 2 of `checks` lacks `path`; add it",
        ]

    def test_a_second_gate_is_refused(self, world, api):
        """A perfspec and an SLO file side by side would fail every evaluation."""
        files = Path("shipyard-schemas/examples")
        slo, perfspec = (self.body((files / name).read_text()) for name in ("slo.yaml", "perfspec.json"))
        assert api("PUT", "/v1/project/sockshop/stage/dev/service/carts/resource/slo.yaml", slo).status_code == 200
        response = api("PUT", "/v1/project/sockshop/service/carts/resource/perfspec.json", perfspec)
        assert response.status_code == 400
        assert "carts/slo.yaml lies beside it on dev; only one can be the gate" in error(response)
        assert world.config_repo.tree("sockshop", "staging").read("carts/perfspec.json") is None
        assert api("PUT", "/v1/project/sockshop/stage/prod/service/carts/resource/perfspec.json", perfspec).json

    def test_a_body_without_content_is_one_sentence(self, api):
        """The content must be there, in base64."""
        assert "lacks 'resourceContent'" in error(api("PUT", "/v1/project/sockshop/resource/a", {}))
        assert "base64" in error(api("PUT", "/v1/project/sockshop/resource/a", {"resourceContent": "%"}))


class TestTriggers:
    """POST /v1/delivery, …/evaluation, …/sequence."""

    @pytest.mark.parametrize(
        ("body", "stage", "image"),
        [
            ({"image": "carts:0.2"}, "dev", "keptn/carts:0.2"),
            ({"image": "keptn/carts:0.2", "stage": "production"}, "prod", "keptn/carts:0.2"),
            ({"image": "keptn/carts", "tag": "1.0.0", "project": "sockshop"}, "dev", "keptn/carts:1.0.0"),
            ({"image": "carts:0.2", "service": "carts", "stage": "staging"}, "staging", "keptn/carts:0.2"),
        ],
    )
    def test_a_delivery_finds_its_service(self, world, api, body, stage, image):
        """Without project, the one that has the service; without stage, the first; a short name is the values' one."""
        assert api("POST", "/v1/delivery", body).status_code == 202
        (event,) = world.sink.events
        assert event.type == f"sh.keptn.event.{stage}.delivery.triggered"
        assert event.data["artifact"]["image"] == image
        assert event.scope.service == "carts"

    def test_an_ambiguous_service_lists_the_candidates(self, world, api):
        """Two projects with the service: the error names both; --project settles it."""
        world.with_sockshop("other")
        response = api("POST", "/v1/delivery", {"image": "carts:0.2"})
        assert "other/carts, sockshop/carts; say --project" in error(response)
        assert api("POST", "/v1/delivery", {"image": "carts:0.2", "project": "other"}).status_code == 202

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"image": "orders:1"}, "no project has a service with the image 'orders'"),
            ({"image": "carts"}, "must be repository:tag"),
            ({"image": "carts:7"}, "carts:7"),
            ({"image": "carts:0.2", "stage": "qa"}, "stages: dev, staging, prod"),
            ({"image": "carts:0.2", "force": True}, "lacks 'reason'"),
            ({}, "lacks 'image'"),
        ],
    )
    def test_a_bad_delivery_is_refused_and_not_posted(self, world, api, body, said):
        """What is missing or unknown is told before anything happens."""
        assert said in error(api("POST", "/v1/delivery", body))
        assert not world.sink.events

    def test_an_evaluation_has_a_timeframe_or_a_window(self, world, api):
        """Over a time back from now, or from start to end."""
        path = "/v1/project/sockshop/stage/prod/service/carts/evaluation"
        assert api("POST", path, {"timeframe": "8s", "labels": {"build": "7"}}).status_code == 202
        window = {"start": "2026-11-24T12:00:00Z", "end": "2026-11-24T12:01:00Z"}
        assert api("POST", path, window).status_code == 202
        first, second = world.sink.events
        assert first.type == "sh.keptn.event.prod.evaluation.triggered"
        assert (first.data["evaluation"], first.data["labels"]) == ({"timeframe": "8s"}, {"build": "7"})
        assert second.data["test"]["start"] == "2026-11-24T12:00:00.000000Z"
        assert "before 'end'" in error(api("POST", path, {"start": window["end"], "end": window["start"]}))
        assert "RFC 3339" in error(api("POST", path, {"start": "yesterday", "end": window["end"]}))

    def test_any_sequence_may_be_started(self, world, api):
        """A sequence of the shipyard starts with the data given."""
        path = "/v1/project/sockshop/stage/prod/service/carts/sequence"
        assert api("POST", f"{path}/rollback", {"data": {"pods": 3}}).status_code == 202
        (event,) = world.sink.events
        assert (event.type, event.data["pods"]) == ("sh.keptn.event.prod.rollback.triggered", 3)
        assert "sequences: delivery, rollback" in error(api("POST", f"{path}/chaos", {}))


class TestTheRest:
    """Secrets, evaluations, logs."""

    def test_secrets_are_write_only(self, world, api):
        """Names are listed, values never."""
        assert api("POST", "/v1/secret", {"name": "chat", "data": {"url": "http://x"}}).status_code == 201
        assert world.secrets.get("chat", "url") == "http://x"
        assert "http://x" not in api("GET", "/v1/secret").text
        assert {"name": "chat"} in api("GET", "/v1/secret").json["secrets"]
        assert api("PUT", "/v1/secret/chat", {"data": {"url": "y"}}).status_code == 200
        assert api("DELETE", "/v1/secret/chat").status_code == 200
        assert api("DELETE", "/v1/secret/chat").status_code == 404

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"name": "hooks", "data": {"a": "b"}}, "exists"),
            ({"name": "api", "data": {"a": "b"}}, "own token"),
            ({"name": "../x", "data": {"a": "b"}}, "cannot name a secret"),
            ({"name": "x", "data": {"../a": "b"}}, "cannot name a key"),
            ({"name": "x"}, "at least one key"),
        ],
    )
    def test_a_bad_secret_is_one_sentence(self, api, body, said):
        """Names and keys become file names: nothing else passes."""
        assert said in error(api("POST", "/v1/secret", body))

    def test_evaluations_come_newest_first(self, world, api):
        """Of one stage in pages, of all stages without."""
        for number in range(3):
            name = f"evaluations/sockshop/dev/carts/{number}-x.json"
            world.store.put(name, json.dumps({"id": str(number), "score": 90.0}).encode())
        page = api("GET", "/v1/project/sockshop/stage/dev/service/carts/evaluation?pageSize=2").json
        assert [found["id"] for found in page["evaluations"]] == ["0", "1"]
        assert page["nextPageKey"]
        everywhere = api("GET", "/v1/evaluation/sockshop?service=carts").json["evaluations"]
        assert {found["stage"] for found in everywhere} == {"dev"}

    def test_a_functions_log_is_its_last_lines(self, world, api, tmp_path):
        """Lines of the local function host's file; an unknown function lists the known ones."""
        object.__setattr__(world.context.settings, "state_dir", tmp_path)
        (tmp_path / "logs/functions").mkdir(parents=True)
        (tmp_path / "logs/functions/deploy.log").write_text("one\ntwo\nthree\n")
        assert api("GET", "/v1/log/function/deploy?lines=2").json == {"lines": ["two", "three"]}
        assert "functions that wrote one: deploy" in error(api("GET", "/v1/log/function/test"))
        assert api("GET", "/v1/log/function/..%2Fx").status_code in {400, 404}
        assert api("GET", "/v1/log/function/deploy?lines=0").status_code == 400


class TestDeliveries:
    """Deliveries through the very engine, with executors that answer at once."""

    @pytest.fixture
    def delivered(self, world, api):
        """Start a delivery of keptn/carts:0.2; executors: task to the data that ends it."""

        def start(**executors) -> str:
            world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}, "rollback": {}}
            world.sink.executors = {k: v for k, v in {**world.sink.executors, **executors}.items() if v is not None}
            return str(api("POST", "/v1/delivery", {"image": "carts:0.2"}).json["keptnContext"])

        return start

    def test_a_delivery_is_shown_whole(self, api, delivered):
        """Stages with their sequences and tasks; listed for its project and for all."""
        context_ = delivered()
        view = api("GET", f"/v1/delivery/{context_}").json
        assert (view["state"], view["result"], view["image"]) == ("finished", "pass", "keptn/carts:0.2")
        assert [stage["stage"] for stage in view["stages"]] == ["dev", "staging", "prod"]
        for query in ("", "?project=sockshop", "?service=carts&pageSize=1", "?olderThan=1s"):
            assert [d["context"] for d in api("GET", f"/v1/delivery{query}").json["deliveries"]] == [context_]
        for query in ("?service=x", "?unfinished=true", "?olderThan=1h"):
            assert api("GET", f"/v1/delivery{query}").json["deliveries"] == []
        assert api("GET", "/v1/sequence/sockshop").json["deliveries"][0]["context"] == context_

    def test_a_delivery_is_not_over_while_it_is_being_promoted(self, world, api, delivered):
        """Between the end of one stage and the begin of the next the delivery goes on."""
        world.sink.before = _drop("sh.keptn.event.staging.delivery.triggered", world)
        context_ = delivered()
        view = api("GET", f"/v1/delivery/{context_}").json
        assert view["state"] == "started"
        assert view["waiting"] == [{"stage": "staging", "sequence": "delivery", "why": "its start is under way"}]

    def test_what_is_stuck_is_found_by_its_age(self, world, api, delivered):
        """Unfinished and older than."""
        context_ = delivered(test=None)
        assert api("GET", "/v1/delivery?unfinished=true").json["deliveries"][0]["context"] == context_
        assert api("GET", "/v1/delivery?unfinished=true&olderThan=1h").json["deliveries"] == []
        world.clock.sleep(7200)
        assert api("GET", "/v1/delivery?unfinished=true&olderThan=1h").json["deliveries"][0]["context"] == context_
        assert "duration" in error(api("GET", "/v1/delivery?olderThan=long"))

    def test_a_delivery_is_aborted_and_run_again(self, world, api, delivered):
        """Abort ends what is open; what is over cannot be aborted, but run again."""
        context_ = delivered(test=None)
        path = f"/v1/delivery/{context_}/control"
        assert api("POST", path, {"state": "abort", "by": "me", "reason": "wrong"}).status_code == 202
        view = api("GET", f"/v1/delivery/{context_}").json
        assert view["state"] == "aborted"
        assert "by me: wrong" in json.dumps(view)
        assert api("POST", path, {"state": "abort"}).status_code == 409
        assert "must be one of pause, resume" in error(api("POST", path, {"state": "explode"}))
        assert api("POST", "/v1/delivery/nothing/control", {"state": "abort"}).status_code == 404

    def test_a_rerun_makes_up_for_what_it_repeats(self, world, api, delivered):
        """Aborted and then run again to a good end, a delivery has passed; its first try stays to be seen."""
        context_ = delivered(test=None)
        path = f"/v1/delivery/{context_}/control"
        api("POST", path, {"state": "abort"})
        world.sink.executors["test"] = {}
        assert api("POST", path, {"state": "rerun"}).status_code == 202
        view = api("GET", f"/v1/delivery/{context_}").json
        assert (view["state"], view["result"]) == ("finished", "pass")
        assert next(s["state"] for s in view["stages"][0]["sequences"] if s["sequence"] == "delivery") == "aborted"
        assert {stage["result"] for stage in view["stages"]} == {"pass"}

    def test_a_delivery_is_paused_and_resumed(self, world, api, delivered):
        """Keptn's own route and word are taken too."""
        context_ = delivered(test=None)
        path = f"/v1/sequence/sockshop/{context_}/control"
        assert api("POST", path, {"state": "pause"}).status_code == 202
        test = next(e for e in world.sink.events if e.type == "sh.keptn.event.test.triggered")
        world.sink.post(events.finished(test, source="x", now=world.clock.now(), result=events.Result.PASS))
        assert api("GET", f"/v1/delivery/{context_}").json["state"] == "paused"
        assert api("POST", path, {"state": "resume"}).status_code == 202
        assert api("GET", f"/v1/delivery/{context_}").json["state"] == "started"

    def test_an_unknown_approval_or_letter_is_one_sentence(self, api):
        """What does not exist cannot be answered or sent again."""
        assert "nobody is asked for approval" in error(api("POST", "/v1/approval/x", {"result": "pass"}))
        assert "there is no dead letter" in error(api("POST", "/v1/dead-letter/x/redeliver", {}))
        assert api("GET", "/v1/dead-letter").json == {"deadLetters": [], "nextPageKey": ""}
        assert api("GET", "/v1/delivery/x").status_code == 404

    def test_a_stage_is_unpinned(self, world, api):
        """The order names who and why."""
        path = "/v1/project/sockshop/stage/prod/service/carts/unpin"
        assert api("POST", path, {"by": "me", "reason": "fixed"}).status_code == 202
        (event,) = world.sink.events
        assert (event.type, event.data["reason"]) == ("sh.keptn.control.unpin", "fixed")


def _drop(event_type, world):
    """Lose an event of that type: the step that it would start is never called."""

    def before(event):
        if event.type == event_type:
            world.sink.executors = {}

    return before
