"""`api`: …/resource/<path>."""

import base64
from pathlib import Path

import pytest

from keptn.projects import artifacts
from tests.world import VALUES, error


def body_of(text: str) -> dict[str, str]:
    return {"resourceContent": base64.b64encode(text.encode()).decode()}


def test_a_service_that_moved_does_not_hear_of_its_old_repository(world, api):
    """Pushes are followed to the repositories that its stages name, and to no others."""

    def put(where: str, repository: str) -> set[str]:
        values = f"service: carts\nimage: {{repository: {repository}}}\n"
        assert api("PUT", f"/v1/project/sockshop{where}/resource/values.yaml", body_of(values)).status_code == 200
        return {one for one in ("keptn/carts", "new/carts", "odd/carts") if artifacts.owners(world.context.store, one)}

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
def test_a_file_is_committed_where_it_belongs(world, api, where, branches, path):
    """A project's file is on main, a stage's on its branch, a service's in its folder of every stage."""
    response = api("PUT", f"/v1/project/sockshop{where}/resource/a%2Fb.txt", body_of("hello"))
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
        ("/resource/shipyard.yaml", "stages: [{name: service}]", "shipyard.yaml"),
        ("/resource/..%2Fetc", "x", "must be a relative path"),
        ("/resource/.git/config", "x", "must be a relative path"),
        ("/service/carts/resource/deployment.yaml", "a: 1", "which deliveries write"),
        ("/service/carts/resource/perfspec.json", "{", "carts/perfspec.json"),
    ],
)
def test_a_bad_file_is_refused_and_not_committed(world, api, path, text, said):
    """A file is checked by its kind before it is committed."""
    before = {branch: world.config_repo.tree("sockshop", branch).commit for branch in ("main", "dev")}
    response = api("PUT", f"/v1/project/sockshop{path}", body_of(text))
    assert (response.status_code, said in error(response)) == (400, True), error(response)
    assert before == {branch: world.config_repo.tree("sockshop", branch).commit for branch in ("main", "dev")}


def test_all_problems_of_a_file_are_told_at_once(api):
    """Each is a line with file, line and what to do."""
    text = "checks:\n- path: health\n- {}\n"
    response = api("PUT", "/v1/project/sockshop/service/carts/resource/tests/functional.yaml", body_of(text))
    assert error(response).splitlines() == [
        "carts/tests/functional.yaml:2: `path` must be a path that begins with /, not 'health'",
        "carts/tests/functional.yaml:3: entry 2 of `checks` lacks `path`; add it",
    ]


def test_a_second_gate_is_refused(world, api):
    """A perfspec and an SLO file side by side would fail every evaluation."""
    files = Path("shipyard-schemas/examples")
    slo, perfspec = (body_of((files / name).read_text()) for name in ("slo.yaml", "perfspec.json"))
    assert api("PUT", "/v1/project/sockshop/stage/dev/service/carts/resource/slo.yaml", slo).status_code == 200
    response = api("PUT", "/v1/project/sockshop/service/carts/resource/perfspec.json", perfspec)
    assert response.status_code == 400
    assert "carts/slo.yaml lies beside it on dev; only one can be the gate" in error(response)
    assert "keptn delete resource --project=sockshop --service=carts --resourceUri=slo.yaml" in error(response)
    assert world.config_repo.tree("sockshop", "staging").read("carts/perfspec.json") is None
    assert api("PUT", "/v1/project/sockshop/stage/prod/service/carts/resource/perfspec.json", perfspec).json


def test_a_file_is_deleted_where_it_is(world, api):
    """Of every stage that has it, in a commit each; where it is not, nothing is committed."""
    world.config_repo.commit("sockshop", "dev", lambda _: {"carts/slo.yaml": b"x"}, message="by hand\n")
    before = world.config_repo.tree("sockshop", "prod").commit
    deleted = api("DELETE", "/v1/project/sockshop/service/carts/resource/slo.yaml").json
    assert (deleted["path"], list(deleted["commits"])) == ("carts/slo.yaml", ["dev"])
    assert world.config_repo.tree("sockshop", "dev").read("carts/slo.yaml") is None
    assert world.config_repo.log("sockshop", "dev")[0].message == "Delete carts/slo.yaml\n"
    assert world.config_repo.tree("sockshop", "prod").commit == before
    again = api("DELETE", "/v1/project/sockshop/service/carts/resource/slo.yaml")
    assert (again.status_code, "there is no carts/slo.yaml on dev, staging, prod" in error(again)) == (404, True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/resource/shipyard.yaml", "cannot be without its shipyard"),
        ("/service/carts/resource/values.yaml", "keptn delete service carts --project=sockshop"),
        ("/stage/dev/resource/carts/values.yaml", "keptn delete service carts --project=sockshop"),
        ("/stage/dev/service/carts/resource/deployment.yaml", "which deliveries write"),
        ("/stage/dev/resource/carts/deployment.yaml", "which deliveries write"),
    ],
)
def test_what_keptn_needs_is_not_deleted(world, api, path, said):
    """A service is a folder with its values file; the desired state is the deliveries', however it is named."""
    world.config_repo.commit("sockshop", "dev", lambda _: {"carts/deployment.yaml": b"x"}, message="by keptn\n")
    before = world.config_repo.tree("sockshop", "dev").commit
    response = api("DELETE", f"/v1/project/sockshop{path}")
    assert (response.status_code, said in error(response)) == (400, True), error(response)
    assert world.config_repo.tree("sockshop", "dev").commit == before


def test_a_body_without_content_is_one_sentence(api):
    """The content must be there, in base64."""
    assert "lacks 'resourceContent'" in error(api("PUT", "/v1/project/sockshop/resource/a", {}))
    assert "base64" in error(api("PUT", "/v1/project/sockshop/resource/a", {"resourceContent": "%"}))


ONE, TWO = b"stages:\n- name: dev\n", b"stages:\n- name: dev\n- name: qa\n"


class TestAShipyardOfGit:
    """Whatever somebody pushes, no command is locked."""

    @pytest.fixture
    def pushed(self, world):
        """Makes project g with the stage dev and the service carts, then pushes another shipyard."""

        def push(shipyard: bytes) -> None:
            stage = {"carts/values.yaml": VALUES}
            if "g" not in world.config_repo.projects():
                world.config_repo.create("g", {"main": {"shipyard.yaml": ONE}, "dev": stage}, message="Create\n")
            world.config_repo.commit("g", "main", lambda _: {"shipyard.yaml": shipyard}, message="by hand\n")

        return push

    def test_a_new_stage_gets_its_branch_and_namespace(self, world, api, pushed):
        """With the services of the others: it can be delivered to at once."""
        pushed(TWO)
        stages = api("GET", "/v1/project/g/stage").json["stages"]
        assert [(one["stageName"], one["services"]) for one in stages] == [("dev", ["carts"]), ("qa", ["carts"])]
        assert world.config_repo.tree("g", "qa").read("carts/values.yaml") == VALUES
        assert ("g", "qa") in world.context.platform.prepared
        body = {"image": "carts:0.2", "project": "g", "stage": "qa"}
        assert api("POST", "/v1/delivery", body).status_code == 202

    def test_the_old_shipyard_may_be_put_back(self, world, api, pushed):
        """While nothing runs in what it leaves out."""
        pushed(TWO)
        api("GET", "/v1/project/g/stage")
        put = api("PUT", "/v1/project/g/resource/shipyard.yaml", body_of(ONE.decode()))
        assert put.json["warnings"] == ["the stage qa is in the shipyard no more; its branch stays"]
        shown = api("GET", "/v1/project/g/stage").json
        assert [stage["stageName"] for stage in shown["stages"]] == ["dev"]
        assert shown["problem"] == "the shipyard names qa no more, whose branch is there"
        assert "the shipyard on main of g does not name it any more" in error(api("GET", "/v1/project/g/stage/qa"))

    def test_a_stage_may_be_added_by_the_api(self, world, api, pushed):
        """Its branch is there when the answer is."""
        pushed(ONE)
        assert api("PUT", "/v1/project/g/resource/shipyard.yaml", body_of(TWO.decode())).json["warnings"] == []
        assert "qa" in world.config_repo.branches("g")

    def test_a_stage_where_something_runs_is_not_left_out(self, world, api):
        """Nobody could reach it any more."""
        world.live("prod", image="keptn/carts:0.2")
        response = api("PUT", "/v1/project/sockshop/resource/shipyard.yaml", body_of(ONE.decode()))
        assert "leaves out prod, where something runs" in error(response)

    @pytest.mark.parametrize("broken", [b"stages: [", b"", b"\xff"])
    def test_a_broken_shipyard_is_named_and_replaced(self, world, api, pushed, broken):
        """Other projects never notice, its files can be written, and a good shipyard heals it."""
        pushed(broken)
        listed = {found["projectName"]: found for found in api("GET", "/v1/project").json["projects"]}
        assert "problem" not in listed["sockshop"]
        assert api("GET", "/v1/project/g").status_code in {200, 400}
        assert api("POST", "/v1/delivery", {"image": "carts:0.2", "project": "sockshop"}).status_code == 202
        assert api("PUT", "/v1/project/g/stage/dev/service/carts/resource/a.txt", body_of("x")).status_code == 200
        assert api("PUT", "/v1/project/g/service/carts/resource/a.txt", body_of("x")).status_code == 200
        assert api("PUT", "/v1/project/g/resource/shipyard.yaml", body_of(TWO.decode())).status_code == 200
        assert [stage["stageName"] for stage in api("GET", "/v1/project/g/stage").json["stages"]] == ["dev", "qa"]

    def test_a_broken_shipyard_is_told_with_its_project(self, world, api, pushed):
        """In the list beside the stages that it has, and in every answer that it concerns."""
        pushed(b"stages: [")
        (shown,) = (found for found in api("GET", "/v1/project").json["projects"] if found["projectName"] == "g")
        assert shown["stages"] == ["dev"]
        assert shown["problem"].startswith("g/shipyard.yaml:2: not valid YAML")
        for path in ("/v1/project/g", "/v1/project/g/stage"):
            assert api("GET", path).json["problem"] == shown["problem"]
        body = {"image": "carts:0.2", "project": "g", "service": "carts"}
        assert error(api("POST", "/v1/delivery", body)).startswith("g/shipyard.yaml:2: not valid YAML")

    @pytest.mark.parametrize("shipyard", [TWO, b"stages: [{name: renamed}]", b"stages: ["])
    def test_the_project_can_always_be_deleted(self, world, api, pushed, shipyard):
        """With what is in every branch it has."""
        pushed(shipyard)
        assert api("DELETE", "/v1/project/g").status_code == 202
        assert "g" not in world.config_repo.projects()
