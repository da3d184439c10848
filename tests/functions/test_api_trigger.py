"""`api`: POST /v1/delivery, …/evaluation, …/sequence."""

import pytest

from tests.world import error


@pytest.mark.parametrize(
    ("body", "stage", "image"),
    [
        ({"image": "carts:0.2"}, "dev", "keptn/carts:0.2"),
        ({"image": "keptn/carts:0.2", "stage": "production"}, "prod", "keptn/carts:0.2"),
        ({"image": "keptn/carts", "tag": "1.0.0", "project": "sockshop"}, "dev", "keptn/carts:1.0.0"),
        ({"image": "carts:0.2", "service": "carts", "stage": "staging"}, "staging", "keptn/carts:0.2"),
    ],
)
def test_a_delivery_finds_its_service(world, api, body, stage, image):
    """Without project, the one that has the service; without stage, the first; a short name is the values' one."""
    assert api("POST", "/v1/delivery", body).status_code == 202
    (event,) = world.sink.events
    assert event.type == f"sh.keptn.event.{stage}.delivery.triggered"
    assert event.data["artifact"]["image"] == image
    assert event.scope.service == "carts"


def test_values_travel_beside_the_image(world, api):
    """Executors of a team's own read them; the image is ours to say."""
    body = {"image": "carts:0.2", "values": {"replicas": "3", "image": "another:1"}}
    assert api("POST", "/v1/delivery", body).status_code == 202
    (event,) = world.sink.events
    assert event.data["configurationChange"] == {"values": {"replicas": "3", "image": "keptn/carts:0.2"}}


def test_the_last_parts_of_an_image_are_enough(world, api):
    """Where neither the whole repository nor a service's name fits."""
    world.config_repo.create(
        "timing",
        {
            "main": {"shipyard.yaml": b"stages: [{name: dev}]"},
            "dev": {"tim/values.yaml": b"service: tim\nimage: a/x/web"},
        },
        message="Create project\n",
    )
    world.store.put("images/a%2Fx%2Fweb/timing.tim", b"{}")
    world.registry.push("a/x/web:1", b"web")
    for image in ("web:1", "x/web:1", "a/x/web:1"):
        assert api("POST", "/v1/delivery", {"image": image}).status_code == 202
        assert world.sink.events[-1].data["artifact"]["image"] == "a/x/web:1"
    assert "no project has a service with the image 'eb'" in error(api("POST", "/v1/delivery", {"image": "eb:1"}))


def test_an_ambiguous_service_lists_the_candidates(world, api):
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
def test_a_bad_delivery_is_refused_and_not_posted(world, api, body, said):
    """What is missing or unknown is told before anything happens."""
    assert said in error(api("POST", "/v1/delivery", body))
    assert not world.sink.events


def test_an_evaluation_has_a_timeframe_or_a_window(world, api):
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


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"timeframe": "0s"}, "the evaluation's timeframe must be longer than nothing; it is '0s'"),
        ({"timeframe": "soon"}, "the evaluation's timeframe: 'soon' is no duration"),
        ({"timeframe": "5m", "longest": "1m"}, "the evaluation's longest is shorter than its timeframe; write 5m"),
        ({"min_requests": -1}, "the evaluation's min_requests must be a whole number, not -1"),
    ],
)
def test_a_sequence_is_not_given_a_window_that_its_gate_refuses(world, api, own, said):
    """In the words of the gate, before anything begins; what came out of another evaluation is no window."""
    path = "/v1/project/sockshop/stage/prod/service/carts/sequence/"
    for name in ("evaluation", "delivery"):
        refused = api("POST", path + name, {"data": {"evaluation": own}})
        assert refused.status_code == 400 and said in error(refused)
    assert world.sink.events == []
    for fine in ({"timeframe": "8s"}, {"result": "pass", "score": 90.0, "timeframe": ""}, "optional"):
        assert api("POST", f"{path}evaluation", {"data": {"evaluation": fine}}).status_code == 202


def test_a_window_may_be_as_long_as_a_timeframe(world, api):
    """From its start on; a time without zone is UTC, as in keptn's own example."""
    path = "/v1/project/sockshop/stage/prod/service/carts/evaluation"
    assert api("POST", path, {"start": "2026-10-30T15:28:00", "timeframe": "5m"}).status_code == 202
    window = {"start": "2026-10-30T15:28:00.000000Z", "end": "2026-10-30T15:33:00.000000Z"}
    assert world.sink.events[0].data["evaluation"] == world.sink.events[0].data["test"] == window
    for wrong in (
        {"end": "2026-10-30T15:28:00", "timeframe": "5m"},
        {"start": "2026-10-30"},
        {**window, "timeframe": "5m"},
    ):
        assert "'start' and 'timeframe'" in error(api("POST", path, wrong))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-11-24T13:00:00Z", "2026-11-24T13:05:00Z", "the window starts in 59m58s: 2026-11-24 13:00:00Z"),
        ("2026-11-24T11:00:00Z", "2027-11-24T11:00:00Z", "the window ends in 8758h59m58s: 2027-11-24 11:00:00Z"),
    ],
)
def test_a_window_that_is_to_come_is_refused(world, api, start, end, said):
    """Nobody waits an hour for a local time that was sent as UTC; the sentence says what time it is."""
    path = "/v1/project/sockshop/stage/prod/service/carts/evaluation"
    told = error(api("POST", path, {"start": start, "end": end}))
    assert told.startswith(f"{said}, and it is now 2026-11-24 12:00:02Z; times are UTC")
    assert not world.sink.events


def test_any_sequence_may_be_started(world, api):
    """A sequence of the shipyard starts with the data given."""
    path = "/v1/project/sockshop/stage/prod/service/carts/sequence"
    assert api("POST", f"{path}/rollback", {"data": {"pods": 3}}).status_code == 202
    (event,) = world.sink.events
    assert (event.type, event.data["pods"]) == ("sh.keptn.event.prod.rollback.triggered", 3)
    assert "sequences: delivery, rollback" in error(api("POST", f"{path}/chaos", {}))
