"""`api`: POST and GET /v1/event."""

from datetime import UTC, datetime

import pytest

from keptn import events
from keptn.events import Event
from tests.world import error

DELIVERY = "sh.keptn.event.dev.delivery.triggered"
SCOPE = {"project": "sockshop", "stage": "dev", "service": "carts"}


def test_keptns_json_is_completed(world, api):
    """Without specversion, id, source and context they are added; the image's digest too."""
    data = {**SCOPE, "configurationChange": {"values": {"image": "keptn/carts:0.2"}}}
    response = api("POST", "/v1/event", {"type": DELIVERY, "data": data})
    (event,) = world.sink.events
    assert response.status_code == 202
    assert response.json == {"keptnContext": event.context, "id": event.id, "type": DELIVERY, **SCOPE}
    assert event.data["artifact"]["digest"] == world.registry.digest("keptn/carts:0.2")
    assert event.context


def test_a_short_image_becomes_the_onboarded_one(world, api):
    """`carts:0.2` in a file means what it means on the command line; other values stay."""
    change = {"configurationChange": {"values": {"image": "carts:0.2", "replicas": 2}}}
    api("POST", "/v1/event", {"type": DELIVERY, "data": {**SCOPE, **change}})
    (event,) = world.sink.events
    assert event.data["configurationChange"]["values"] == {"image": "keptn/carts:0.2", "replicas": 2}
    assert event.data["artifact"]["digest"] == world.registry.digest("keptn/carts:0.2")


def test_a_binary_event_travels_unchanged(world, api):
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


def test_an_event_of_somebody_elses_is_passed_on(world, api):
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
def test_a_bad_event_is_refused_and_not_posted(world, api, event, status, said):
    """What could only end as errored is told at once, in one sentence."""
    response = api("POST", "/v1/event", event)
    assert (response.status_code, said in error(response)) == (status, True), error(response)
    assert not world.sink.events


def test_recorded_events_are_found(api):
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
def test_a_bad_query_is_one_sentence(api, query, status):
    """An unbounded, unknown or ill-sized question is refused."""
    response = api("GET", f"/v1/event{query}")
    assert response.status_code == status
    assert error(response)
