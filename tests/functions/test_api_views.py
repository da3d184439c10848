"""`api`: evaluations and logs."""

import json

from tests.world import error


def test_evaluations_come_newest_first(world, api):
    """Of one stage in pages, of all stages without."""
    for number in range(3):
        name = f"evaluations/sockshop/dev/carts/{number}-x.json"
        world.store.put(name, json.dumps({"id": str(number), "score": 90.0}).encode())
    page = api("GET", "/v1/project/sockshop/stage/dev/service/carts/evaluation?pageSize=2").json
    assert [found["id"] for found in page["evaluations"]] == ["0", "1"]
    assert page["nextPageKey"]
    everywhere = api("GET", "/v1/evaluation/sockshop?service=carts").json["evaluations"]
    assert {found["stage"] for found in everywhere} == {"dev"}


def test_a_functions_log_is_its_last_lines(world, api, tmp_path):
    """Lines of the local function host's file; an unknown function lists the known ones."""
    object.__setattr__(world.context.settings, "state_dir", tmp_path)
    (tmp_path / "logs/functions").mkdir(parents=True)
    (tmp_path / "logs/functions/deploy.log").write_text("one\ntwo\nthree\n")
    assert api("GET", "/v1/log/function/deploy?lines=2").json == {"lines": ["two", "three"]}
    assert "functions that wrote one: deploy" in error(api("GET", "/v1/log/function/test"))
    assert api("GET", "/v1/log/function/..%2Fx").status_code in {400, 404}
    assert api("GET", "/v1/log/function/deploy?lines=0").status_code == 400
