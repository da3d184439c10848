"""The local Broker as Knative's in-memory one: a post is held, and what its poster does not wait for is lost."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.local_runtime import LocalRuntime, until
from tests.subscriber import Reaction, Subscriber, listening

MORE = """
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: nowhere-to-end}
spec:
  broker: default
  filters:
    - exact: {type: conformance.ends.nowhere}
  subscriber: {uri: SUBSCRIBER/nowhere}
  delivery: {retry: 1, backoffDelay: PT0.05S}
"""
HELD_S = 0.4


@pytest.fixture(scope="module")
def subscriber() -> Iterator[Subscriber]:
    with listening() as (heard, url):
        heard.url = url
        yield heard


@pytest.fixture(scope="module", params=["synchronous"])
def runtime(
    request: pytest.FixtureRequest, subscriber: Subscriber, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalRuntime]:
    root = tmp_path_factory.mktemp("broker")
    (root / "knative" / "base").mkdir(parents=True)
    triggers = (Path(__file__).parent / "triggers.yaml").read_text() + MORE
    (root / "knative" / "base" / "all.yaml").write_text(triggers.replace("SUBSCRIBER", subscriber.url))
    with LocalRuntime(root, broker=request.param) as runtime:
        yield runtime


def post(
    runtime: LocalRuntime, event_id: str, event_type: str = "conformance.deliver", *, timeout_s: float = 20
) -> int:
    core = {"specversion": "1.0", "source": "a test", "type": event_type, "id": event_id}
    headers = {f"ce-{name}": value for name, value in core.items()}
    return httpx.post(runtime.broker_url, headers=headers, timeout=timeout_s, trust_env=False).status_code


def under_way(runtime: LocalRuntime) -> int:
    return int(httpx.get(f"{runtime.url}/health", trust_env=False).json()["deliveries"])


def reply(event_id: str) -> Reaction:
    headers = {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": "s", "ce-type": "conformance.deliver"}
    return Reaction(200, headers)


def test_a_post_is_held_until_all_have_taken_the_event(runtime: LocalRuntime, subscriber: Subscriber):
    """With the repeats, and with what hears the reply: one within the other."""
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    subscriber.react("/deliver", first, Reaction(503), reply(second))
    subscriber.react("/deliver", second, Reaction(204, after_s=HELD_S))
    begin = time.monotonic()
    assert post(runtime, first) == 202
    assert time.monotonic() - begin >= HELD_S
    assert len(subscriber.at("/deliver", first)) == 2 and len(subscriber.at("/deliver", second)) == 1


@pytest.mark.parametrize("runtime", ["durable"], indirect=True)
def test_the_durable_one_holds_nobody(runtime: LocalRuntime, subscriber: Subscriber):
    """It answers when the event is stored, and delivers to the end without the poster."""
    event_id = str(uuid.uuid4())
    subscriber.react("/deliver", event_id, Reaction(503, after_s=HELD_S), Reaction(400))
    assert post(runtime, event_id) == 202
    assert not subscriber.at("/dead", event_id)
    subscriber.wait("/dead", event_id)


def test_what_the_poster_does_not_wait_for_is_lost(runtime: LocalRuntime, subscriber: Subscriber):
    """It went away during the second attempt: no third one, and no dead letter."""
    event_id = str(uuid.uuid4())
    subscriber.react("/deliver", event_id, Reaction(503), *[Reaction(503, after_s=0.9)] * 2)
    with pytest.raises(httpx.ReadTimeout):
        post(runtime, event_id, timeout_s=0.5)
    until(lambda: under_way(runtime) == 0, what="the end of the delivery")
    assert f"{event_id} for {subscriber.url}/deliver is lost: its poster did not wait" in runtime.log
    assert len(subscriber.at("/deliver", event_id)) <= 2
    assert not subscriber.at("/dead", event_id)


def test_an_event_that_becomes_a_dead_letter_is_accepted(runtime: LocalRuntime, subscriber: Subscriber):
    """The poster hears of it when the dead-letter sink has it."""
    event_id = str(uuid.uuid4())
    subscriber.react("/deliver", event_id, Reaction(400))
    assert post(runtime, event_id) == 202
    assert len(subscriber.at("/dead", event_id)) == 1


def test_an_event_that_ends_nowhere_is_not_accepted(runtime: LocalRuntime, subscriber: Subscriber):
    """500 after the last repeat, when there is no dead-letter sink."""
    event_id = str(uuid.uuid4())
    subscriber.react("/nowhere", event_id, *[Reaction(503)] * 2)
    assert post(runtime, event_id, "conformance.ends.nowhere") == 500
    assert len(subscriber.at("/nowhere", event_id)) == 2
