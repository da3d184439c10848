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


def test_the_newest_of_all_stages_are_listed(world, api):
    """As many as asked for, by time and not by stage; a service that nobody has is told."""
    for stage, number in (("dev", 1), ("dev", 3), ("staging", 2), ("prod", 0)):
        name = f"evaluations/sockshop/{stage}/carts/{number}-x.json"
        world.store.put(name, json.dumps({"id": str(number)}).encode())
    newest = api("GET", "/v1/evaluation/sockshop?pageSize=3").json["evaluations"]
    assert [(found["stage"], found["id"]) for found in newest] == [("prod", "0"), ("dev", "1"), ("staging", "2")]
    assert "has no service 'nope'; services: carts" in error(api("GET", "/v1/evaluation/sockshop?service=nope"))


def test_a_colour_without_a_log_is_told(world, api):
    """Instead of an empty log: which one is live."""
    world.live("prod", image="keptn/carts:0.2")
    path = "/v1/project/sockshop/stage/prod/service/carts/log?colour=green"
    assert "sockshop/prod/carts green has written nothing; blue is live there" in error(api("GET", path))


def test_a_functions_log_is_its_last_lines(world, api, tmp_path):
    """Lines of the local function host's file; an unknown function lists the known ones."""
    object.__setattr__(world.context.settings, "state_dir", tmp_path)
    (tmp_path / "logs/functions").mkdir(parents=True)
    (tmp_path / "logs/functions/deploy.log").write_text("one\ntwo\nthree\n")
    assert api("GET", "/v1/log/function/deploy?lines=2").json == {"lines": ["two", "three"]}
    assert "functions that wrote one: deploy" in error(api("GET", "/v1/log/function/test"))
    assert api("GET", "/v1/log/function/..%2Fx").status_code in {400, 404}
    assert api("GET", "/v1/log/function/deploy?lines=0").status_code == 400
