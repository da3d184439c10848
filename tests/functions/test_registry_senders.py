"""`receive_artifact`: every registry that it knows, by the payload that its documentation has."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keptn.webhooks.mappings import shelf
from keptn.webhooks.senders.registries import SENDERS
from tests.registry_senders import CASES, TOKEN, bearer, having
from tests.world import error
from tests.wrong_bodies import broken

EACH = pytest.mark.parametrize("case", CASES, ids=str)
IGNORED = [
    pytest.param(case, change, why, id=f"{case}-{what}")
    for case in CASES
    for what, (change, why) in case.ignored.items()
]


def onboarded(world, case):
    """The image is in its registry, and carts runs it."""
    repository = case.image.rpartition(":")[0]
    world.store.put(f"images/{quote(repository, safe='')}/sockshop.carts", b"{}")
    world.registry.push(case.image, b"good")
    return world


def post(world, request):
    return world.client("receive_artifact").post(request.path, data=request.body, headers=dict(request.headers))


@EACH
def test_a_push_of_a_tag_is_delivered(world, case):
    """With the digest that the registry knows, whatever the notification says."""
    response = post(onboarded(world, case), case.request())
    assert response.status_code == 202, response.text
    (event,) = world.sink.events
    assert event.type == "sh.keptn.event.dev.delivery.triggered"
    assert event.data["artifact"]["image"] == case.image
    assert event.data["artifact"]["digest"] == world.registry.digest(case.image)
    assert event.data["artifact"]["registry_event"]


@EACH
def test_a_replay_is_the_same_event(world, case):
    """A sender that heard no answer sends again, and so does who has overheard it."""
    onboarded(world, case)
    post(world, case.request())
    post(world, case.request())
    first, again = world.sink.events
    assert (first.id, first.context) == (again.id, again.context)


@EACH
def test_whoever_does_not_know_the_token_starts_nothing(world, case):
    """Another token, another service's, none, and a body that was changed on its way."""
    onboarded(world, case)
    honest = case.request()
    forged = [case.request(token=token) for token in ("sockshop.carts.y", "sockshop.orders.x", "trouble", "x")]
    bare = replace(honest, headers={"Content-Type": "application/json"}, path=f"/{case.name}")
    changed = replace(honest, body=honest.body + b" ")
    signs = case.request(b"a").headers != case.request(b"b").headers
    for request in [*forged, bare, *([changed] if signs else [])]:
        response = post(world, request)
        assert response.status_code == 401, response.text
        assert set(response.json) == {"error"}
    assert not world.sink.events


@EACH
def test_the_token_of_another_service_starts_no_other(world, case):
    """One that is right, but not for this image."""
    onboarded(world, case)
    world.secrets.put("hook-sockshop.carts", {"token": "sockshop.carts.other"})
    assert post(world, case.request()).status_code == 401
    assert not world.sink.events


@pytest.mark.parametrize(("case", "change", "why"), IGNORED)
def test_what_starts_nothing_is_accepted_with_the_reason(world, case, change, why):
    """Deletions, pulls, scans, pings, pushes without a tag: a registry sends again what it is refused."""
    response = post(onboarded(world, case), case.request(case.changed(change)))
    assert response.status_code == 202, response.text
    assert response.json["accepted"] == []
    assert why in response.json["ignored"][0]["why"]
    assert not world.sink.events


@pytest.mark.parametrize("case", [case for case in CASES if "push without a tag" in case.ignored], ids=str)
def test_an_index_and_its_platforms_are_one_delivery(world, case):
    """Each platform's manifest is a push of its own, by its digest; the tag is the index'."""
    onboarded(world, case)
    untagged, _ = case.ignored["push without a tag"]
    for body in (case.changed(untagged), case.changed(untagged), case.body()):
        assert post(world, case.request(body)).status_code == 202
    assert len(world.sink.events) == 1


@EACH
def test_a_body_of_ten_megabytes_is_refused(world, case):
    """It is not even kept."""
    body = json.dumps({"padding": "x" * (10 * 1024 * 1024)}).encode()
    response = post(world, case.request(body))
    assert response.status_code == 413
    assert "larger than 2 MiB" in response.json["error"]


@EACH
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b'"\\ud800"', b'{"a": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_none_is_one_sentence(world, case, body):
    """No JSON, no object, half a character."""
    response = post(onboarded(world, case), case.request(body))
    assert response.status_code == 400
    assert set(response.json) == {"error"}


@EACH
def test_every_broken_twin_is_one_sentence(world, case):
    """Whatever is missing or of another type: taken, ignored with a reason, or refused with a sentence."""
    onboarded(world, case)
    for twin in broken(case.body()):
        response = post(world, case.request(twin))
        assert response.status_code in {202, 400}, (twin, response.text)
        if response.status_code == 202:
            assert response.json["accepted"] or all(entry["why"] for entry in response.json["ignored"]), twin
        else:
            assert response.json["error"], twin


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def fuzzed(draw, case):
    """The documented body with anything in one or two places, or anything at all."""
    body = case.body()
    for _ in range(draw(st.integers(1, 2))):
        place, key = body, None
        while isinstance(place, dict | list) and place and (key is None or draw(st.booleans())):
            if key is not None and not (isinstance(place[key], dict | list) and place[key]):
                break
            place = place if key is None else place[key]
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if key is not None:
            place[key] = draw(anything)
    return body


@EACH
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whatever_comes_is_an_answer(world, case, data):
    """Fuzzed: never a bug's answer."""
    onboarded(world, case)
    body = data.draw(fuzzed(case) | st.dictionaries(st.text(max_size=8), anything, max_size=3))
    response = post(world, case.request(body))
    assert response.status_code in {202, 400}, response.text


@pytest.mark.parametrize("case", [case for case in CASES if case.name in SENDERS], ids=str)
def test_what_keptn_knows_by_itself_it_knows_by_the_shape(world, case):
    """The URL need not say who sends; the event is the same."""
    onboarded(world, case)
    named = case.request()
    post(world, named)
    post(world, replace(named, path=named.path.replace(f"/{case.name}", "/")))
    first, again = world.sink.events
    assert first.id == again.id


@pytest.mark.parametrize("case", [case for case in CASES if case.name in SENDERS], ids=str)
def test_a_body_of_another_sender_is_said(world, case):
    """The URL names one, the body is another's."""
    other = next(one for one in CASES if one.name in SENDERS and one.name != case.name)
    proof = case.request(other.body())
    kept = {name: text for name, text in proof.headers.items() if not name.startswith(("Ce-", "X-GitHub-E"))}
    response = post(world, replace(proof, headers=kept))
    assert response.status_code == 400
    assert response.json["error"].startswith(f"the body is no notification of {SENDERS[case.name]}; see")


def test_github_asks_whether_anybody_is_here(world):
    """When a webhook is made."""
    case = next(case for case in CASES if case.name == "ghcr")
    body = {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {"type": "Repository", "events": ["package"]}}
    response = post(world, case.request(body, **{"X-GitHub-Event": "ping"}))
    assert "GitHub asks whether anybody is here" in response.json["ignored"][0]["why"]
    push = post(world, case.request(case.body(), **{"X-GitHub-Event": "push"}))
    assert "the event is 'push', neither 'package' nor" in push.json["ignored"][0]["why"]


def test_who_can_sign_must(world):
    """A token in the URL, where everybody reads it, is not what GitHub sends."""
    case = onboarded_case(world, "ghcr")
    for headers, query in ((bearer(b"", TOKEN)[0], ""), ({}, f"?token={TOKEN}")):
        sent = replace(case.request(), headers={**case.headers, **headers}, path=f"/ghcr{query}")
        assert error(post(world, sent)).startswith("a signature is missing, in the header x-hub-signature-256")
    assert not world.sink.events


def test_github_may_send_a_form(world):
    """Unless one chooses JSON; what is signed is the body as it comes."""
    case = onboarded_case(world, "ghcr")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(world, case.request(urlencode({"payload": json.dumps(case.body())}).encode(), **form)).json["accepted"]
    assert post(world, case.request(**form)).json["accepted"], "JSON that is called a form, as curl does"
    for body in (b"", b"a=b", b"payload=", b"payload=%7B", b"payload=\xff", b"payload=%"):
        assert post(world, case.request(body, **form)).status_code == 400


def test_a_second_push_of_a_tag_is_another_event(world):
    """Also where nothing but the digest tells them apart, as at Quay."""
    case = onboarded_case(world, "quay")
    post(world, case.request())
    world.registry.push(case.image, b"new")
    post(world, case.request())
    first, second = world.sink.events
    assert first.id != second.id


def onboarded_case(world, name):
    case = next(case for case in CASES if case.name == name)
    onboarded(world, case)
    return case


@pytest.mark.parametrize(
    ("where", "text", "why"),
    [
        ("tag", "1.0\x00", "'1.0\\x00' is no tag"),
        ("tag", "..", "'..' is no tag"),
        ("tag", "a/b", "'a/b' is no tag"),
        ("tag", "x" * 129, "is no tag"),
        ("repository", "../carts", "'../carts' is no repository of images"),
        ("repository", "carts\n", "is no repository of images"),
        ("repository", "x" * 300, "is no repository of images"),
    ],
)
def test_what_no_registry_allows_is_ignored(world, where, text, why):
    """Names become folders and objects, on a laptop and in a bucket; whoever sends them."""
    case = onboarded_case(world, "docker-distribution")
    response = post(world, case.request(case.changed(having(text, "events", 0, "target", where))))
    assert why in response.json["ignored"][0]["why"]


def test_what_is_too_long_travels_nowhere(world):
    """An id of a megabyte is another's to keep, and still tells a repeat from another push."""
    case = onboarded_case(world, "docker-distribution")
    for letter in "aab":
        body = case.changed(having(letter * 2**20, "events", 0, "id"))
        having("x" * 2**19, "events", 0, "request", "host")(body)
        world.store.put("images/keptn%2Fcarts/sockshop.carts", b"{}")
        assert post(world, case.request(body)).json["accepted"]
    ids = [event.id for event in world.sink.events]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(event.data["artifact"]["registry_event"]) < 256 for event in world.sink.events)


def test_several_tags_of_one_push_are_told(world):
    """Quay tells of all tags of a push in one notification."""
    case = next(case for case in CASES if case.name == "quay")
    onboarded(world, case)
    world.registry.push("quay.io/acme/carts:latest", b"good")
    body = case.changed(having(["1.4.2", "latest"], "updated_tags"))
    (accepted,) = post(world, case.request(body)).json["accepted"]
    assert accepted["digest"] == world.registry.digest(case.image)


def test_an_unknown_name_is_said(world):
    """With those that are known, the operator's own among them."""
    response = world.client("receive_artifact").post("/harbour", data=b"{}", headers=bearer(b"", TOKEN)[0])
    assert response.status_code == 404
    assert "nobody knows a registry 'harbour'" in response.json["error"]
    assert "docker-distribution" in response.json["error"] and "quay" in response.json["error"]


def test_a_mapping_of_ones_own(world, tmp_path):
    """The example of the schema, signed as Standard Webhooks says."""
    text = Path("shipyard-schemas/examples/mapping-short.yaml").read_bytes()
    (tmp_path / "ours.yaml").write_bytes(text)
    world.context.settings = replace(world.context.settings, webhook_mappings=str(tmp_path))
    body = json.dumps({"image": {"name": "keptn/carts", "tag": "1.0.0"}})
    sent = world.client("receive_artifact").post("/ours", data=body, headers={"X-Token": TOKEN})
    assert sent.json["accepted"], sent.text
    assert shelf.known("registry", folder=str(tmp_path)).count("ours") == 1


def test_the_name_need_not_be_said_where_keptn_knows_the_shape(world):
    """A mapping is used only where the URL says so."""
    quay = next(case for case in CASES if case.name == "quay")
    response = world.client("receive_artifact").post("/", data=json.dumps(quay.body()), headers=bearer(b"", TOKEN)[0])
    assert response.status_code == 400
    assert "for others the URL says who sends, as in …/receive-artifact/quay" in response.json["error"]


def test_basic_authentication_is_a_token_too(world):
    """For a sender that has nothing else; the user is nobody's business."""
    credentials = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    body = (Path(__file__).parents[1] / "payloads/registry/docker_distribution_v1_push_oci.json").read_bytes()
    sent = world.client("receive_artifact").post("/", data=body, headers={"Authorization": f"Basic {credentials}"})
    assert sent.json["accepted"]
