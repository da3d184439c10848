"""`receive_artifact`: pushes of Google Pub/Sub, which says who it is with a token that Google signs."""

import base64
import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keptn import context
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.id_tokens.google import AGAIN, CERTS_URL
from keptn.errors import Unavailable
from keptn.ports import HttpAnswer
from keptn.web import Request
from keptn.webhooks import pubsub
from keptn.webhooks.deadline import Deadline
from tests import google
from tests.world import World, error

ROOT = Path(__file__).parents[2]
PAYLOAD = json.loads((ROOT / "tests/payloads/registry/artifact_registry_pubsub.json").read_bytes())
REPOSITORY = "europe-west3-docker.pkg.dev/acme-prod/shop/carts"
IMAGE = f"{REPOSITORY}:1.4.2"


def on_google(world):
    """The installation takes pushes of Pub/Sub, and carts comes from Artifact Registry."""
    world.context.settings = replace(
        world.context.settings,
        pubsub_audience=google.AUDIENCE,
        pubsub_service_accounts=f"other@acme.iam.gserviceaccount.com {google.ACCOUNT}",
    )
    world.context.http = MemoryHttp(answers={CERTS_URL: google.Certificates()})
    world.store.put(f"images/{quote(REPOSITORY, safe='')}/sockshop.carts", b"{}")
    world.registry.push(IMAGE, b"good")
    return world


@pytest.fixture
def world(world):
    return on_google(world)


@pytest.fixture
def logged(monkeypatch, caplog):
    """What the function's log says."""
    monkeypatch.setattr(logging.getLogger("keptn"), "handlers", [caplog.handler])
    monkeypatch.setattr(logging.getLogger("keptn"), "level", logging.INFO)
    return caplog


def push(world, body=PAYLOAD, *, token=None, headers=None, path="/"):
    data = body if isinstance(body, bytes) else json.dumps(body)
    sent = {"Authorization": f"Bearer {google.token() if token is None else token}", **(headers or {})}
    return world.client("receive_artifact").post(path, data=data, headers=sent)


def message(data, **other):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {**PAYLOAD, "message": {**PAYLOAD["message"], "data": base64.b64encode(raw).decode(), **other}}


def told(**changed):
    return {**json.loads(base64.b64decode(PAYLOAD["message"]["data"])), **changed}


def certificates(world):
    return world.context.http.answers[CERTS_URL]


def test_a_push_starts_the_delivery_in_the_first_stage(world):
    """With the digest that the registry knows, and the message as its cause; Google is asked for its keys once."""
    response = push(world)
    assert response.status_code == 202
    (event,) = world.sink.events
    assert event.type == "sh.keptn.event.dev.delivery.triggered"
    assert event.data["artifact"] == {
        "image": IMAGE,
        "tag": "1.4.2",
        "digest": world.registry.digest(IMAGE),
        "repository": REPOSITORY,
        "registry_event": "11210041298123456",
    }
    assert event.extensions["keptnsendertime"] == "2026-11-23T09:15:02.512000Z"
    push(world, message(told(), messageId="2"))
    assert certificates(world).asked == 1


def test_the_url_may_say_who_sends(world):
    """At another sender's door a token of Google's form is one like any other, and wrong."""
    assert push(world, path="/artifact-registry").json["accepted"]
    assert push(world, path="/harbor").status_code == 401


def test_it_may_tell_of_every_service(world):
    """As the secret `hooks` does; no secret is read for it."""
    world.with_sockshop("other")
    world.store.put(f"images/{quote(REPOSITORY, safe='')}/other.carts", b"{}")
    world.secrets.get = None
    assert {one["project"] for one in push(world).json["accepted"]} == {"sockshop", "other"}


def test_a_repeated_message_is_the_same_delivery(world):
    """Pub/Sub delivers at least once; in whatever form, the message's id tells."""
    push(world)
    push(world)
    push(world, told(), headers={"x-goog-pubsub-message-id": PAYLOAD["message"]["messageId"]})
    push(world, message(told(), messageId="11210041298123457"))
    first, again, bare, second = world.sink.events
    assert (first.id, first.context) == (again.id, again.context) == (bare.id, bare.context)
    assert first.id != second.id


def test_a_tag_alone_is_enough(world):
    """The registry says the digest."""
    (accepted,) = push(world, message({"action": "INSERT", "tag": IMAGE})).json["accepted"]
    assert accepted["digest"] == world.registry.digest(IMAGE)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (message(told(action="DELETE")), "the action is 'DELETE'"),
        (message(told(tag="")), "it has no tag"),
        (message(told(tag="gcr.io/acme/orders:1", digest="")), "no service was onboarded with the image repository"),
        (message(told(tag=f"{REPOSITORY}:9.9", digest="")), f"{REPOSITORY}:9.9"),
        (message(b"hello"), "its data is no JSON in base64"),
        (b"hello", "the request body is no JSON"),
        (b"[]", "must be a JSON object"),
        ({"hello": "world"}, "no notification of a known registry"),
    ],
)
def test_what_will_never_work_is_ignored_and_logged(world, logged, body, why):
    """Refused it would come for days, and Pub/Sub shows nobody the answer."""
    response = push(world, body)
    assert response.status_code == 202
    assert response.json["accepted"] == [] and why in response.json["ignored"][0]["why"]
    assert why in logged.text
    assert not world.sink.events


def test_a_push_without_id_comes_again_until_the_subscription_is_mended(world, logged):
    """Unwrapped without metadata; a repeat of it could not be told from another push."""
    response = push(world, told())
    assert response.status_code == 400
    assert error(response) in logged.text
    assert "let the subscription write metadata to headers" in error(response)


def test_an_image_that_is_on_its_way_is_asked_for_again(world):
    """Its message may be faster than its manifest; Pub/Sub need not send it again."""
    told_now = message(told(tag=f"{REPOSITORY}:9.9", digest=""), publishTime=world.clock.now().isoformat())
    response = push(world, told_now)
    assert response.status_code == 202
    assert [one["image"] for one in response.json["waiting"]] == [f"{REPOSITORY}:9.9"]


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (google.token(exp=int(time.time()) - 60), "it is over, or has not begun"),
        (google.token(aud="https://other.example.com"), "it is for 'https://other.example.com', and KEPTN_PUBSUB_AUD"),
        (google.token(aud=[google.AUDIENCE]), "KEPTN_PUBSUB_AUDIENCE names another"),
        (google.token(aud=None), "it is for None"),
        (google.token(iss="https://evil.example.com"), "its issuer is 'https://evil.example.com', not Google"),
        (google.token(iss=["https://accounts.google.com"]), "not Google"),
        (google.token(email="eve@evil.iam.gserviceaccount.com"), "'eve@evil.iam.gserviceaccount.com', whom KEPTN_PUB"),
        (google.token(email=google.ACCOUNT.upper()), "whom KEPTN_PUBSUB_SERVICE_ACCOUNTS does not name"),
        (google.token(email=""), "whom KEPTN_PUBSUB_SERVICE_ACCOUNTS does not name"),
        (google.token(email=None), "it is of None"),
        (google.token(email_verified=False), "Google did not verify"),
        (google.token(email_verified="true"), "Google did not verify"),
        (google.token(email_verified=None), "Google did not verify"),
        (google.token(header={"alg": "none"}), "not signed by RS256"),
        (google.token(header={"alg": "HS256"}), "not signed by RS256"),
        (google.token(signer="another", header={"kid": google.KEY}), "Google did not sign it"),
        (google.token(signer="unknown"), "a key that Google does not publish"),
        ("eyJ..", "it cannot be read"),
    ],
)
def test_a_wrong_token_is_refused(world, logged, token, why):
    """401 and a sentence, in the log too; neither holds the token."""
    response = push(world, token=token)
    assert response.status_code == 401
    assert why in error(response) and why in logged.text
    assert token not in response.text + logged.text
    assert not world.sink.events


def test_pubsub_may_not_push_where_nobody_said_so(world):
    """Without the settings no token of Google's opens anything, and Google is not asked."""
    world.context.settings = replace(world.context.settings, pubsub_audience="", pubsub_service_accounts="")
    response = push(world)
    assert response.status_code == 401
    assert "may push when KEPTN_PUBSUB_AUDIENCE and KEPTN_PUBSUB_SERVICE_ACCOUNTS are set" in error(response)
    assert certificates(world).asked == 0


def test_a_key_that_is_new_is_asked_for(world):
    """Google changes its keys every few days."""
    push(world)
    certificates(world).answer = google.certificates("next")
    world.clock.sleep(AGAIN.total_seconds())
    assert push(world, token=google.token(signer="next")).status_code == 202


@pytest.mark.parametrize("answer", [HttpAnswer(status=0), HttpAnswer(status=500), HttpAnswer(status=200, body=b"{")])
def test_without_googles_keys_it_comes_again(world, logged, answer):
    """503, with the reason in the log: nothing is let in on trust, and nothing is lost."""
    right, certificates(world).answer = certificates(world).answer, answer
    response = push(world)
    assert response.status_code == 503
    assert error(response) in logged.text
    assert not world.sink.events
    certificates(world).answer = right
    assert push(world).status_code == 202


def test_an_endpoint_that_hangs_holds_nobody(world):
    """The time for an answer to the sender counts from the request on."""
    hanging = threading.Event()
    world.context.http.answers[CERTS_URL] = lambda _: hanging.wait(60) and HttpAnswer(status=500)
    request = Request(headers={"authorization": f"Bearer {google.token()}"})
    with pytest.raises(Unavailable, match="asking Google for its keys takes longer than the sender waits"):
        pubsub.told(request, world.context, Deadline(0.05))
    hanging.set()


@pytest.mark.parametrize("token", [None, "everywhere", "nonsense"])
def test_a_body_of_ten_megabytes_is_refused(world, token):
    """More than two are not read, whoever sends them."""
    response = push(world, message(b" " * 10 * 1024 * 1024), token=token)
    assert response.status_code == 413
    assert "larger than 2 MiB" in error(response)


@pytest.mark.parametrize(
    ("path", "token"), [("/", "everywhere"), ("/", "sockshop.carts.x"), ("/?token=everywhere", "")]
)
def test_other_tokens_are_as_of_any_registry(world, path, token):
    """A subscription without authentication has the token in its URL; Google is not asked."""
    assert push(world, token=token, path=path).json["accepted"]
    assert certificates(world).asked == 0


def test_others_do_not_pay_for_it():
    """What verifies Google's tokens takes a third of a second to import, and is imported when one comes."""
    probe = """
import sys
from functions.receive_artifact.main import handle
from keptn import context
from tests.functions.test_receive_artifact_pubsub import on_google, push
from tests.world import World
heavy = lambda: [name for name in ("google.auth", "httpx") if name in sys.modules]
world = on_google(World().with_sockshop())
with context.using(world.context):
    push(world, token="everywhere")
    print(heavy())
    push(world)
    print(heavy())
"""
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['google.auth']"]


bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([json.dumps(PAYLOAD).encode(), json.dumps(told()).encode()]),
    st.dictionaries(st.sampled_from(["message", "action", "tag", "events"]), st.text() | st.integers()).map(
        lambda body: json.dumps(body).encode()
    ),
)
claims = st.dictionaries(st.sampled_from(["aud", "email", "iss", "email_verified", "exp"]), st.none() | st.integers())
tokens = st.one_of(
    claims.map(lambda changed: google.token(**changed)),
    st.text("eyJ.hbGci", min_size=1, max_size=40).map("eyJ{}".format),
)


@given(body=bodies, token=tokens)
@settings(deadline=None, max_examples=60)
def test_whatever_comes_is_answered_with_a_sentence(body, token):
    """Never a traceback: what is ignored, refused or later says why."""
    world = on_google(World().with_sockshop())
    with context.using(world.context):
        response = push(world, body, token=token)
    assert response.status_code in {202, 400, 401}
    assert response.status_code == 202 or error(response)
    assert response.status_code == 202 or not world.sink.events
