"""`api`: POST and GET /v1/event."""

from datetime import UTC, datetime

import pytest

from keptn import events
from keptn.events import Event
from keptn.records import deliveries
from tests.world import WHO, error

DELIVERY = "sh.keptn.event.dev.delivery.triggered"
SCOPE = {"project": "sockshop", "stage": "dev", "service": "carts"}
IMAGE = {"configurationChange": {"values": {"image": "keptn/carts:0.2"}}}


def test_keptns_json_is_completed(world, api):
    """Without specversion, id, source and context they are added; the image's digest too."""
    response = api("POST", "/v1/event", {"type": DELIVERY, "data": {**SCOPE, **IMAGE}})
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


def test_a_binary_answer_is_stamped(world, api):
    """An executor's `.finished` keeps source, context, triggeredid and data; time and id are the edge's."""
    sent = Event(
        type="sh.keptn.event.test.finished",
        id="1",
        source="jmeter",
        time=datetime(2019, 6, 7, tzinfo=UTC),
        data={**SCOPE, "result": "pass", "status": "succeeded"},
        context="c",
        triggered_id="t",
        epoch=10**9,
        hops=3,
        root_time=datetime(2030, 1, 1, tzinfo=UTC),
        extensions={"keptnshipyard": "0a", "keptntask": "true", "team": "a", "keptnby": "root"},
    )
    headers, body = events.encode(sent)
    assert api("POST", "/v1/event", headers=headers, data=body).status_code == 202
    (taken,) = world.sink.events
    assert (taken.source, taken.context, taken.triggered_id, taken.data) == ("jmeter", "c", "t", sent.data)
    assert taken.time == taken.root_time == world.clock.moment
    assert (taken.epoch, taken.hops) == (0, 0)
    assert taken.extensions == {
        "team": "a",
        "keptnby": WHO,
        "keptnsenderid": "1",
        "keptnsendertime": "2019-06-07T00:00:00.000000Z",
    }


def test_source_and_id_name_an_event(world, api):
    """Two monitors with one id report two problems; the same source and id is the same event, whatever time it says."""
    shared = {"id": "alert-7", "type": "sh.keptn.event.prod.remediation.triggered"}
    data = {**SCOPE, "stage": "prod", "problem": {"problemTitle": "slow"}}
    for source, time in (("https://a", "2019-01-01T00:00:00Z"), ("https://b", None), ("https://a", None)):
        assert api("POST", "/v1/event", {**shared, "source": source, "time": time, "data": data}).status_code == 202
    first, second, again = world.sink.events
    assert first.id == again.id != second.id
    assert first.context == again.context != second.context
    assert first.time < second.time < again.time


def test_the_senders_clock_supersedes_nobody(world, api):
    """An event that claims next year does not make every later artifact an old one."""
    body = {"type": DELIVERY, "source": "ci", "data": {**SCOPE, **IMAGE}}
    world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}}
    future, past = (
        api("POST", "/v1/event", {**body, "id": str(n), "time": time, "shkeptncontext": str(n)}).json["keptnContext"]
        for n, time in enumerate(("2030-01-01T00:00:00Z", "2019-06-07T07:02:15Z"))
    )
    ended = [deliveries.delivery(world.store, context) for context in (future, past)]
    assert [view["state"] for view in ended] == ["finished", "finished"]
    assert ended[1]["time"].startswith("2026-11-24")


def test_a_repetition_says_when_the_event_was_taken(world, api):
    """The same file again starts nothing and posts nothing; the answer says since when it is known."""
    body = {"type": DELIVERY, "source": "ci", "id": "r1", "data": {**SCOPE, **IMAGE}}
    world.sink.executors = {"deployment": {}}
    first = api("POST", "/v1/event", body)
    posted = len(world.sink.events)
    again = api("POST", "/v1/event", body)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json == {**first.json, "takenAt": events.rfc3339(world.sink.events[0].time)}
    assert len(world.sink.events) == posted


def test_an_event_of_somebody_elses_is_passed_on(world, api):
    """Any valid CloudEvent may be posted: an extension decides what it means. Its id stays, our attributes do not."""
    api("POST", "/v1/event", {"type": "com.example.thing", "id": "7", "source": "x", "keptnepoch": "5", "data": {}})
    (event,) = world.sink.events
    assert (event.type, event.id, event.context, event.epoch) == ("com.example.thing", "7", "", 0)


def test_who_is_signed_in_decides(world, api):
    """Whoever forces, rolls back or approves is named by the token, whomever the event names."""
    force = {"by": "ann", "reason": "urgent"}
    api("POST", "/v1/event", {"type": DELIVERY, "data": {**SCOPE, **IMAGE, "force": force}})
    api("POST", "/v1/event", {"type": DELIVERY, "data": {**SCOPE, **IMAGE, "force": "urgent"}})
    named, plain = world.sink.events
    assert named.data["force"] == {"by": WHO, "reason": "urgent"}
    assert plain.data["force"] == {"by": WHO, "reason": "urgent"}
    response = api("POST", "/v1/event", {"type": DELIVERY, "data": {**SCOPE, **IMAGE, "force": True}})
    assert "'force' needs a 'reason'" in error(response)


@pytest.mark.parametrize(
    ("event", "status", "said"),
    [
        ({"type": DELIVERY, "data": {"project": "sockshop"}}, 400, "lacks service"),
        ({"type": DELIVERY, "data": {**SCOPE, "project": "x"}}, 404, "there is no project 'x'; projects: sockshop"),
        ({"type": DELIVERY, "data": {**SCOPE, "service": "x"}}, 404, "has no service 'x'; services: carts"),
        ({"type": DELIVERY, "data": {**SCOPE, "stage": "prod"}}, 400, "make them agree"),
        ({"type": DELIVERY, "data": {**SCOPE, "artifact": {"digest": "../x"}}}, 400, "'../x' is no digest"),
        ({"type": DELIVERY, "data": {**SCOPE, "problem": {"digest": "sha256:1"}}}, 400, "is no digest"),
        ({"type": DELIVERY, "data": {**SCOPE, "evaluation": {"timeframe": "0s"}}}, 400, "must be longer than nothing"),
        ({"type": DELIVERY, "data": {**SCOPE, "x": "y" * 50_000}}, 413, "at most 48 KiB of data, not 48.9 KiB"),
        ({"type": "sh.keptn.event.prd.a.triggered", "data": {**SCOPE, "stage": ""}}, 404, "stages: dev, st"),
        ({"type": "sh.keptn.event.dev.chaos.triggered", "data": SCOPE}, 404, "sequences: delivery, rollback"),
        ({"type": "sh.keptn.event.a.finished", "data": SCOPE}, 400, "lacks triggeredid"),
        ({"type": "x", "data": {"x": "y" * 270_000}}, 413, "data are 263.7 KiB, more than 256 KiB"),
        ({"type": "x", "team": "y" * 1025}, 413, "the attribute team is 1.1 KiB, more than 1 KiB"),
        ({"type": "x", "shkeptncontext": "é" * 34}, 413, "shkeptncontext is 204 bytes, more than 200 bytes"),
        ({"type": "x", "Team": "y"}, 400, "'Team' must be at most 40 lower-case"),
        ({"type": "x", "team": {"a": 1}}, 400, "'team' must be a text"),
        ({"type": "x", **{f"a{n}": "y" for n in range(40)}}, 413, "more than 40"),
        ({"type": "x", "source": "keptn/orchestrate"}, 400, "is keptn's own"),
        ({"type": "x", "time": "yesterday"}, 400, "no RFC 3339 time"),
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
    posted = [
        api("POST", "/v1/event", {"type": f"sh.keptn.event.{t}.finished", "triggeredid": "t", "data": SCOPE})
        for t in "ab"
    ]
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
