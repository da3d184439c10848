"""Google Artifact Registry's messages, as Pub/Sub pushes them."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.errors import KeptnError, Refused
from keptn.webhooks.senders import artifact_registry, registries
from keptn.webhooks.senders.registries import Ignored, Push

PAYLOAD = json.loads((Path(__file__).parents[3] / "payloads/registry/artifact_registry_pubsub.json").read_bytes())
IMAGE = "europe-west3-docker.pkg.dev/acme-prod/shop/carts"
DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
METADATA = {
    "x-goog-pubsub-subscription-name": "projects/acme-prod/subscriptions/keptn",
    "x-goog-pubsub-message-id": "11210041298123456",
    "x-goog-pubsub-publish-time": "2026-11-23T09:15:02.512Z",
}
PUSH = Push(
    event_id="11210041298123456",
    host="europe-west3-docker.pkg.dev",
    repository="acme-prod/shop/carts",
    tag="1.4.2",
    digest=DIGEST,
    sent_at="2026-11-23T09:15:02.512000Z",
)


def told(**changed):
    """What Artifact Registry publishes for a push by tag; None: not there."""
    whole = {"action": "INSERT", "digest": f"{IMAGE}@{DIGEST}", "tag": f"{IMAGE}:1.4.2", **changed}
    return {key: value for key, value in whole.items() if value is not None}


def wrapped(data, **message):
    """The envelope around it; data: bytes, or what becomes JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {**PAYLOAD, "message": {**PAYLOAD["message"], "data": base64.b64encode(raw).decode(), **message}}


def test_a_documented_push_is_read():
    """With the message's id and time, the registry's host, the repository without it, tag and digest."""
    assert registries.read(PAYLOAD, {}) == [PUSH]


def test_bare_and_wrapped_are_the_same():
    """Payload unwrapping with metadata says in headers what the envelope says."""
    assert registries.read(told(), METADATA) == registries.read(wrapped(told()), {}) == [PUSH]


def test_the_envelope_had_other_names_once():
    """`message_id` and `publish_time` are still sent, and alone by some."""
    body = wrapped(told())
    del body["message"]["messageId"], body["message"]["publishTime"]
    assert registries.read(body, {}) == [PUSH]


@pytest.mark.parametrize(
    ("image", "host", "repository"),
    [
        ("gcr.io/acme-prod/carts", "gcr.io", "acme-prod/carts"),
        ("eu.gcr.io/example.com/acme-prod/carts", "eu.gcr.io", "example.com/acme-prod/carts"),
        ("us-docker.pkg.dev/acme/shop/team-a/carts", "us-docker.pkg.dev", "acme/shop/team-a/carts"),
    ],
)
def test_every_host_of_google_counts(image, host, repository):
    """gcr.io tells by the same topic; repositories may lie deeper, projects may be of a domain."""
    (push,) = registries.read(wrapped(told(tag=f"{image}:v1", digest=f"{image}@{DIGEST}")), {})
    assert (push.host, push.repository, push.tag) == (host, repository, "v1")


def test_a_push_may_come_without_a_digest():
    """The registry is asked for it."""
    assert registries.read(wrapped(told(digest=None)), {}) == [replace(PUSH, digest="")]


@pytest.mark.parametrize(
    ("changed", "what", "why"),
    [
        ({"tag": None}, f"{IMAGE}@{DIGEST}", "it has no tag (a part of a multi-platform image, or a push by digest)"),
        ({"tag": None, "digest": None}, "message 11210041298123456", "it has no tag"),
        ({"action": "DELETE", "digest": None}, f"{IMAGE}:1.4.2", "the action is 'DELETE', not 'INSERT'"),
        ({"action": "DELETE", "tag": None}, f"{IMAGE}@{DIGEST}", "the action is 'DELETE'"),
        ({"action": None}, f"{IMAGE}:1.4.2", "the action is ''"),
        ({"action": ["INSERT"]}, f"{IMAGE}:1.4.2", "not 'INSERT'"),
        ({"tag": "1.4.2"}, "1.4.2", "it names no image with host and tag"),
        ({"tag": IMAGE}, IMAGE, "it names no image with host and tag"),
        ({"tag": f"{IMAGE}:1.4.2\n"}, f"{IMAGE}:1.4.2\n", "it names no image"),
        ({"tag": f"{IMAGE}:{'1' * 129}"}, f"{IMAGE}:{'1' * 129}", "it names no image"),
        ({"tag": f"gcr.io/{'a' * 256}:1"}, f"gcr.io/{'a' * 256}:1", "it names no image"),
        ({"tag": {"name": "1.4.2"}}, "{'name': '1.4.2'}", "it names no image"),
        ({"digest": f"{IMAGE}2@{DIGEST}"}, f"{IMAGE}:1.4.2", "its digest is of another image"),
        ({"digest": DIGEST}, f"{IMAGE}:1.4.2", "its digest is of another image"),
        ({"tag": f"{IMAGE}:sha256-{'a' * 64}.sig"}, f"{IMAGE}:sha256-{'a' * 64}.sig", "it is a signature"),
    ],
)
def test_what_is_no_push_of_a_tag_is_ignored(changed, what, why):
    """Deletions, untagged manifests, signatures, and what is not as documented; the reason is said in both forms."""
    for entry in (registries.read(wrapped(told(**changed)), {})[0], registries.read(told(**changed), METADATA)[0]):
        assert isinstance(entry, Ignored)
        assert entry.what == what and why in entry.why


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[]", b"3", b"", b"null", b"[" * 100_000, b'"INSERT"'])
def test_other_data_is_ignored(data):
    """Anybody with the right to publish may publish anything; it is no error of Pub/Sub's."""
    (entry,) = registries.read(wrapped(data), {})
    assert entry.what == "message 11210041298123456"
    assert entry.why in {"its data is no JSON in base64", "its data is no JSON object"}


@pytest.mark.parametrize(
    "message", [{"data": "%e30="}, {"data": None}, {"data": "grün"}, {"data": {"action": "INSERT"}}]
)
def test_data_that_is_no_base64_is_ignored(message):
    """A message may have attributes alone."""
    assert registries.read({"message": message}, {})[0].why == "its data is no JSON in base64"


@pytest.mark.parametrize(("body", "headers"), [(told(), {}), (wrapped(told(), messageId=None, message_id=None), {})])
def test_a_push_without_id_is_not_taken(body, headers):
    """Its repeat would be a second delivery; who set the subscription up can mend it, and it comes again until then."""
    with pytest.raises(Refused, match=f"which message tells of {IMAGE}:1.4.2; let the subscription write metadata"):
        registries.read(body, headers)


def test_what_starts_nothing_needs_no_id():
    """It would come again for days."""
    assert isinstance(registries.read(told(action="DELETE"), {})[0], Ignored)


def test_a_time_that_is_none_is_left_out():
    """It decides nothing but whether the image may be on its way."""
    assert registries.read(wrapped(told(), publishTime="now"), {}) == [replace(PUSH, sent_at="")]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([f"{IMAGE}:1.4.2", f"{IMAGE}@{DIGEST}", "INSERT", "DELETE", IMAGE])
fields = st.fixed_dictionaries({}, optional=dict.fromkeys(("action", "digest", "tag"), names | anything))
bodies = st.one_of(
    fields,
    fields.map(wrapped),
    st.binary(max_size=40).map(wrapped),
    st.fixed_dictionaries({"message": st.dictionaries(st.sampled_from(list(PAYLOAD["message"])), anything)}),
)


@given(body=bodies, headers=st.sampled_from([{}, METADATA]))
def test_whatever_comes_is_an_entry_or_a_sentence(body, headers):
    """Never a traceback, never more than one entry, never an entry without a reason."""
    if not artifact_registry.recognises(body, headers):
        return
    try:
        (entry,) = registries.read(body, headers)
    except KeptnError as error:
        assert str(error)
        return
    assert entry.why if isinstance(entry, Ignored) else (entry.host and entry.repository and entry.tag)
