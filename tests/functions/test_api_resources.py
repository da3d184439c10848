"""`api`: …/resource/<path>."""

import base64
from pathlib import Path

import pytest

from keptn.projects import artifacts
from tests.world import error


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
        ("/resource/shipyard.yaml", "stages: [{name: dev}]", "stages cannot be added, removed or renamed"),
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
    assert world.config_repo.tree("sockshop", "staging").read("carts/perfspec.json") is None
    assert api("PUT", "/v1/project/sockshop/stage/prod/service/carts/resource/perfspec.json", perfspec).json


def test_a_body_without_content_is_one_sentence(api):
    """The content must be there, in base64."""
    assert "lacks 'resourceContent'" in error(api("PUT", "/v1/project/sockshop/resource/a", {}))
    assert "base64" in error(api("PUT", "/v1/project/sockshop/resource/a", {"resourceContent": "%"}))
