"""CDEvents: what is sent for which event, and that the published schemas accept it."""

import json
from functools import cache

import pytest

from keptn.events import Event, utc
from keptn.notification import cdevents, channels
from tests import needs

BLUE = {"colour": "blue", "image": "r:5000/sockshop/carts:0.1", "digest": "sha256:aa", "url": "http://b"}
GREEN = {"colour": "green", "image": "r:5000/sockshop/carts:0.2", "digest": "sha256:bb", "url": "http://g"}
ARTIFACT = {"artifact": {"image": "r:5000/sockshop/carts:0.2", "digest": "sha256:bb", "registry_event": "e1"}}
PROBLEM = {"problem": {"ProblemTitle": "conversions", "PID": "P-7"}}
CASES = [
    ("dev.delivery.triggered", ARTIFACT, ["artifact.published", "pipelinerun.queued"]),
    ("dev.delivery.triggered", {}, ["pipelinerun.queued"]),
    ("dev.delivery.finished", {"result": "fail", "message": "m"}, ["pipelinerun.finished"]),
    ("approval.triggered", {}, ["taskrun.started"]),
    ("approval.finished", {}, ["taskrun.finished"]),
    ("deployment.triggered", {}, []),
    ("deployment.started", {}, []),
    (
        "deployment.finished",
        {"deployment": {"live": BLUE, "candidate": None}},
        ["taskrun.finished", "service.deployed"],
    ),
    (
        "deployment.finished",
        {"deployment": {"live": BLUE, "candidate": GREEN}},
        ["taskrun.finished", "service.upgraded"],
    ),
    ("deployment.finished", {"result": "fail", "deployment": {"live": BLUE}}, ["taskrun.finished"]),
    ("deployment.finished", {"status": "errored", "result": "fail"}, ["taskrun.finished"]),
    ("test.finished", {"result": "fail", "message": "m"}, ["taskrun.finished", "testsuiterun.finished"]),
    ("evaluation.finished", {"evaluation": {"score": 90}}, ["taskrun.finished", "testsuiterun.finished"]),
    ("release.finished", {"release": {"live": GREEN}}, ["taskrun.finished", "service.published"]),
    ("rollback.finished", {"rollback": {"live": BLUE}}, ["taskrun.finished", "service.rolledback"]),
    ("rollback.finished", {"rollback": {"live": None}}, ["taskrun.finished", "service.removed"]),
    ("action.finished", {"action": {"live": BLUE}}, ["taskrun.finished", "service.rolledback"]),
    ("action.finished", {"action": {}}, ["taskrun.finished"]),
    ("prod.remediation.triggered", PROBLEM, ["incident.detected", "pipelinerun.queued"]),
    ("prod.remediation.finished", PROBLEM, ["pipelinerun.finished", "incident.resolved"]),
    ("prod.remediation.finished", {**PROBLEM, "result": "fail"}, ["pipelinerun.finished"]),
    ("project.create.finished", {}, ["repository.created"]),
    ("service.create.finished", {}, ["service.onboarded"]),
    ("service.create.triggered", {}, []),
    ("monitoring", {}, []),
]


def event(kind: str, **data) -> Event:
    scope = {"project": "sockshop", "stage": "prod", "service": "carts", "result": "pass", "status": "succeeded"}
    answers = "" if kind.endswith("triggered") else "t1"
    return Event(
        type=f"sh.keptn.event.{kind}",
        id="i1",
        source="keptn/deploy",
        time=utc("2026-01-01T00:00:00Z"),
        context="c1",
        triggered_id=answers,
        data={**scope, **data},
    )


@pytest.mark.parametrize(("kind", "data", "expected"), CASES)
def test_what_is_sent_for_what(kind, data, expected):
    """The mapping table, line by line."""
    sent = cdevents.translate(event(kind, **data))
    assert [each["context"]["type"] for each in sent] == [cdevents.TYPES[key] for key in expected]


@pytest.mark.parametrize(("kind", "data", "expected"), CASES)
def test_the_published_schemas_accept_it(kind, data, expected):
    """Every CDEvent validates against CDEvents 0.5.1's own schema."""
    for sent in cdevents.translate(event(kind, **data)):
        validator(sent["context"]["type"]).validate(sent)


@pytest.mark.parametrize(
    ("result", "status", "outcome"),
    [
        ("pass", "succeeded", "success"),
        ("warning", "succeeded", "success"),
        ("fail", "succeeded", "failure"),
        ("fail", "errored", "error"),
        ("pass", "aborted", "cancel"),
    ],
)
def test_outcomes(result, status, outcome):
    """Four words for result and status together."""
    assert cdevents.outcome(event("test.finished", result=result, status=status)) == outcome


def test_a_delivery_is_one_chain_and_a_repeat_is_the_same_event():
    """Ids are derived; the context is the chain; an end points to its beginning, where that was told."""
    begin = Event(**{**_fields(event("approval.triggered")), "id": "t1"})
    (started,), (finished,) = cdevents.translate(begin), cdevents.translate(event("approval.finished"))
    assert started["context"]["chainId"] == finished["context"]["chainId"] == "c1"
    assert finished["context"]["links"][0]["from"]["contextId"] == started["context"]["id"]
    assert finished["subject"]["id"] == started["subject"]["id"] == "t1"
    assert cdevents.translate(begin) == cdevents.translate(begin)
    assert all("links" not in sent["context"] for sent in cdevents.translate(event("test.finished")))


def test_the_cloudevents_binding():
    """Binary mode, with the mandatory subject; each CDEvent has its own correlation id."""
    postings = channels.postings(event("test.finished"), channel="cdevents", correlation="k")
    assert len({posting.correlation for posting in postings}) == 2
    headers, context = postings[0].headers, postings[0].body["context"]
    assert (headers["ce-id"], headers["ce-type"], headers["ce-subject"]) == (context["id"], context["type"], "t1")
    assert (headers["ce-source"], headers["ce-time"]) == ("keptn/deploy", "2026-01-01T00:00:00.000000Z")


def test_purl():
    """Repository, tag and digest, as the package-url type oci wants them."""
    assert cdevents.purl("r:5000/sockshop/Carts:0.2", "sha256:bb") == (
        "pkg:oci/carts@sha256%3Abb?repository_url=r:5000/sockshop/Carts&tag=0.2"
    )
    assert cdevents.purl("carts", "") == "pkg:oci/carts?repository_url=carts"


def _fields(given: Event) -> dict:
    return {name: getattr(given, name) for name in Event.__dataclass_fields__}


@cache
def validator(event_type: str):
    folder = needs.folder("KEPTN_CDEVENTS_SCHEMAS")
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry, Resource

    files = [*folder.rglob("*.json"), *folder.parent.glob("custom/schema.json")]
    schemas = [json.loads(path.read_text()) for path in files]
    registry = Registry().with_resources([(s["$id"], Resource.from_contents(s)) for s in schemas if "$id" in s])
    own = next((s for s in schemas if event_type in _types(s)), None)
    custom = next(s for s in schemas if str(s.get("$id")).endswith("/custom"))
    return Draft202012Validator(own or custom, registry=registry, format_checker=FormatChecker())


def _types(schema: dict) -> list[str]:
    context = schema.get("properties", {}).get("context", {}).get("properties", {})
    return context.get("type", {}).get("enum", [])
