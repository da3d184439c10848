"""What a Broker must do, by Knative's words: the local ones, or any that BROKER_URL names (see triggers.yaml)."""

import base64
import json
import os
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.local_runtime import LocalRuntime
from tests.subscriber import Heard, Reaction, Subscriber, listening
from tests.waiting import until

EXTERNAL = os.environ.get("BROKER_URL", "")
multi_tenant = pytest.mark.skipif(
    os.environ.get("BROKER_CLASS", "MTChannelBasedBroker") != "MTChannelBasedBroker",
    reason="only the multi-tenant Broker does so (BROKER_CLASS says it is another)",
)


@pytest.fixture(scope="module")
def subscriber() -> Iterator[Subscriber]:
    with listening(int(os.environ.get("BROKER_SUBSCRIBER_PORT", "0"))) as (heard, url):
        heard.url = url
        yield heard


@pytest.fixture(scope="module", params=["external"] if EXTERNAL else ["durable", "synchronous"])
def broker(
    request: pytest.FixtureRequest, subscriber: Subscriber, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if EXTERNAL:
        yield EXTERNAL
        return
    root = tmp_path_factory.mktemp("broker")
    (root / "knative" / "base").mkdir(parents=True)
    triggers = (Path(__file__).parent / "triggers.yaml").read_text().replace("SUBSCRIBER", subscriber.url)
    (root / "knative" / "base" / "all.yaml").write_text(triggers)
    with LocalRuntime(root, broker=request.param) as runtime:
        yield runtime.broker_url


class Sender:
    def __init__(self, broker: str) -> None:
        self.broker, self.id = broker, str(uuid.uuid4())

    def send(
        self, event_type: str = "conformance.deliver", *, body: bytes = b'{"a":1}', **attributes: str
    ) -> httpx.Response:
        core = {"specversion": "1.0", "source": "conformance", "type": event_type, "id": self.id}
        named = {**core, **attributes}
        headers = {f"ce-{name}": value for name, value in named.items() if value}
        headers["content-type"] = "application/json"
        return httpx.post(self.broker, headers=headers, content=body, trust_env=False)


@pytest.fixture
def sender(broker: str) -> Sender:
    return Sender(broker)


def only(heard: list[Heard]) -> Heard:
    assert len(heard) == 1
    return heard[0]


# --- ingress and passing on ---------------------------------------------------------------------------------------
def test_an_event_passes_unchanged(subscriber: Subscriber, sender: Sender):
    """The ingress answers 202; attributes, extensions and data arrive as they were sent, and a reply is asked for."""
    answer = sender.send(subject="%C3%BC%20%25", team="a")
    assert (answer.status_code, answer.content) == (202, b"")
    heard = only(subscriber.wait("/deliver", sender.id))
    assert heard.headers["ce-team"] == "a" and heard.headers["ce-subject"] == "%C3%BC%20%25"
    assert heard.headers["content-type"] == "application/json" and heard.body == b'{"a":1}'
    assert heard.headers["prefer"] == "reply"


def test_structured_mode_is_accepted(subscriber: Subscriber, broker: str):
    """An event in one JSON document arrives with its data."""
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "s",
        "type": "conformance.deliver",
        "data": {"b": 2},
    }
    headers = {"content-type": "application/cloudevents+json"}
    assert httpx.post(broker, headers=headers, content=json.dumps(event), trust_env=False).status_code == 202
    assert json.loads(only(subscriber.wait("/deliver", event["id"])).body) == {"b": 2}


def test_data_is_not_looked_at(subscriber: Subscriber, sender: Sender):
    """Bytes that are not what their content type says pass too."""
    sender.send(body=b"\x00\xff")
    assert only(subscriber.wait("/deliver", sender.id)).body == b"\x00\xff"


@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion"])
def test_an_event_without_a_required_attribute_is_refused(sender: Sender, missing: str):
    """400: the sender made a mistake that no repeat heals."""
    assert sender.send(**{missing: ""}).status_code == 400


def test_what_is_no_post_is_refused(broker: str):
    """405 for other methods."""
    assert httpx.get(broker, trust_env=False).status_code == 405


def test_an_unknown_broker_is_not_found(sender: Sender):
    """404 for a Broker that is not there."""
    sender.broker += "-nowhere"
    assert sender.send().status_code == 404


def test_every_trigger_that_matches_hears_it(subscriber: Subscriber, sender: Sender):
    """One Trigger's failure is not another's."""
    subscriber.react("/deliver", sender.id, Reaction(500), Reaction(500), Reaction(500))
    sender.send()
    assert only(subscriber.wait("/all", sender.id))
    subscriber.wait("/dead", sender.id)


# --- filters ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("attributes", "heard_at"),
    [
        ({"team": "a", "colour": "red"}, {"/attributes"}),
        ({"team": "a"}, set()),
        ({"team": "b"}, {"/dialects"}),
        ({"team": "c", "colour": "blue"}, {"/dialects"}),
        ({"team": "c", "colour": "red"}, set()),
        ({}, set()),
    ],
)
def test_filters_choose(subscriber: Subscriber, sender: Sender, attributes: dict[str, str], heard_at: set[str]):
    """`filter` by exact value, `filters` by dialects (which override it); a missing attribute never matches."""
    sender.send("conformance.filter", **attributes)
    subscriber.wait("/all", sender.id)
    for path in heard_at:
        subscriber.wait(path, sender.id)
    assert {one.path for one in subscriber.heard if one.id == sender.id} == heard_at | {"/all"}


# --- failures -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 503, 0])
def test_a_passing_failure_is_tried_again(subscriber: Subscriber, sender: Sender, status: int):
    """These statuses, and no answer at all (0), are repeated until the event is taken."""
    subscriber.react("/deliver", sender.id, Reaction(status), Reaction(status), Reaction(204))
    sender.send()
    assert len(subscriber.wait("/deliver", sender.id, count=3)) == 3
    assert not subscriber.at("/dead", sender.id)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 422])
def test_a_final_failure_goes_to_the_dead_letter_sink_at_once(subscriber: Subscriber, sender: Sender, status: int):
    """With the destination, the status and the answer's body."""
    subscriber.react("/deliver", sender.id, Reaction(status, {"location": "/all"}, b"no"))
    sender.send()
    dead = only(subscriber.wait("/dead", sender.id))
    assert len(subscriber.at("/deliver", sender.id)) == 1
    assert dead.headers["ce-knativeerrorcode"] == str(status)
    assert dead.headers["ce-knativeerrordest"].endswith("/deliver")
    assert base64.b64decode(dead.headers["ce-knativeerrordata"]) == b"no"
    assert (dead.body, dead.headers["ce-type"]) == (b'{"a":1}', "conformance.deliver")


def test_after_the_last_repeat_it_is_dead(subscriber: Subscriber, sender: Sender):
    """`retry: 2` means three attempts."""
    subscriber.react("/deliver", sender.id, *[Reaction(503)] * 9)
    sender.send()
    assert only(subscriber.wait("/dead", sender.id)).headers["ce-knativeerrorcode"] == "503"
    assert len(subscriber.at("/deliver", sender.id)) == 3


def test_error_data_is_capped(subscriber: Subscriber, sender: Sender):
    """A long answer must not make an event too large to deliver."""
    subscriber.react("/deliver", sender.id, Reaction(400, {}, b"x" * 5000))
    sender.send()
    dead = only(subscriber.wait("/dead", sender.id))
    assert base64.b64decode(dead.headers["ce-knativeerrordata"]) == b"x" * 1024


def test_a_slow_subscriber_has_failed(subscriber: Subscriber, sender: Sender):
    """What takes longer than `timeout` is tried again."""
    subscriber.react("/slow", sender.id, Reaction(after_s=2))
    sender.send("conformance.slow")
    subscriber.wait("/slow", sender.id, count=2)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_empty_success_is_the_end(subscriber: Subscriber, sender: Sender, status: int):
    """Any 2xx with nothing in it."""
    subscriber.react("/deliver", sender.id, Reaction(status))
    sender.send()
    subscriber.wait("/deliver", sender.id)
    after = Sender(sender.broker)
    after.send()
    subscriber.wait("/deliver", after.id)
    assert len(subscriber.at("/deliver", sender.id)) == 1


@multi_tenant
def test_a_success_that_is_no_event_has_failed(subscriber: Subscriber, sender: Sender):
    """The body `OK` counts as 502: the event is delivered again, and in the end is dead."""
    subscriber.react("/deliver", sender.id, *[Reaction(200, {"content-type": "text/html"}, b"OK")] * 9)
    sender.send()
    assert only(subscriber.wait("/dead", sender.id)).headers["ce-knativeerrorcode"] == "502"
    assert len(subscriber.at("/deliver", sender.id)) == 3


# --- replies ------------------------------------------------------------------------------------------------------
def reply(event_id: str, event_type: str = "conformance.reply") -> Reaction:
    headers = {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": "subscriber", "ce-type": event_type}
    return Reaction(200, {**headers, "content-type": "application/json"}, b'{"r":1}')


def test_a_reply_is_fed_back(subscriber: Subscriber, sender: Sender):
    """An event in the answer goes through the Broker as any other."""
    answer_id = str(uuid.uuid4())
    subscriber.react("/deliver", sender.id, reply(answer_id))
    sender.send()
    heard = only(subscriber.wait("/all", answer_id))
    assert (heard.headers["ce-type"], heard.body) == ("conformance.reply", b'{"r":1}')


def test_a_structured_reply_is_fed_back(subscriber: Subscriber, sender: Sender):
    """Either mode will do."""
    event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "s", "type": "conformance.reply", "data": {}}
    answer = Reaction(200, {"content-type": "application/cloudevents+json"}, json.dumps(event).encode())
    subscriber.react("/deliver", sender.id, answer)
    sender.send()
    subscriber.wait("/all", event["id"])


def test_a_failure_carries_no_reply(subscriber: Subscriber, sender: Sender):
    """An event in an answer that is not 2xx is no reply."""
    lost, kept = str(uuid.uuid4()), str(uuid.uuid4())
    failed = Reaction(503, reply(lost).headers, b"{}")
    subscriber.react("/deliver", sender.id, failed, reply(kept))
    sender.send()
    subscriber.wait("/all", kept)
    assert not subscriber.at("/all", lost)


@multi_tenant
def test_replies_to_replies_end(subscriber: Subscriber, sender: Sender):
    """Each reply has one hop less to live; the one at 0 is refused, and the event it answers is dead."""
    ids = [sender.id, *(str(uuid.uuid4()) for _ in range(9))]
    for this, following in pairwise(ids):
        subscriber.react("/deliver", this, reply(following, "conformance.deliver"))
    sender.send(knativebrokerttl="5")
    until(lambda: any(one.path == "/dead" and one.id in ids for one in subscriber.heard), what="a dead letter")
    dead = next(one for one in subscriber.heard if one.path == "/dead" and one.id in ids)
    assert (dead.id, dead.headers["ce-knativeerrorcode"]) == (ids[3], "400")
    assert not subscriber.at("/deliver", ids[4])


@multi_tenant
def test_an_event_without_hops_left_is_refused(sender: Sender):
    """400 at the ingress."""
    assert sender.send(knativebrokerttl="1").status_code == 400


def test_subscribers_do_not_see_the_hops(subscriber: Subscriber, sender: Sender):
    """What a subscriber posts itself starts afresh."""
    sender.send()
    assert "ce-knativebrokerttl" not in only(subscriber.wait("/deliver", sender.id)).headers
