"""The event sink over HTTP: what counts as accepted, and what the sender is told otherwise."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from keptn import events
from keptn.adapters.http.sink import HttpSink
from keptn.errors import Refused, Unavailable
from keptn.events import Event
from tests.contract.connections import CountingServer
from tests.subscriber import Reaction, Subscriber, listening

EVENT = Event(type="sh.keptn.event.x.triggered", id="1", source="s", time=datetime.now(UTC), data={"project": "p"})


@pytest.fixture
def broker():
    with listening() as (subscriber, url):
        subscriber.url = url
        yield subscriber


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_accepted_event_arrives_whole(broker: Subscriber, status: int):
    """Any 2xx is enough; the event is sent once, in binary mode."""
    broker.react("/keptn/default", "1", Reaction(status))
    HttpSink(f"{broker.url}/keptn/default").post(EVENT)
    assert [events.decode(one.headers, one.body) for one in broker.heard] == [EVENT]


@pytest.mark.parametrize("status", [400, 413, 431])
def test_what_is_wrong_with_the_event_is_refused(broker: Subscriber, status: int):
    """Sending it again cannot help; the reason is the Broker's own."""
    broker.react("/keptn/default", "1", Reaction(status, body=b"too large by far"))
    with pytest.raises(Refused, match=f"refused sh.keptn.event.x.triggered with {status}: too large by far"):
        HttpSink(f"{broker.url}/keptn/default").post(EVENT)
    assert len(broker.heard) == 1


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 429, 500, 503, 0])
def test_everything_else_is_unavailable(broker: Subscriber, status: int):
    """A policy, a missing Broker, a redirect or silence (0) passes: the step is called again, and posts again."""
    broker.react("/keptn/default", "1", Reaction(status, {"location": "/elsewhere"}))
    with pytest.raises(Unavailable, match="Broker"):
        HttpSink(f"{broker.url}/keptn/default").post(EVENT)
    assert len(broker.heard) == 1


def test_a_broker_that_is_away_is_unavailable():
    """Nobody listens there."""
    with pytest.raises(Unavailable, match="does not answer"):
        HttpSink("http://127.0.0.1:9/").post(EVENT)


def test_a_missing_sink_names_its_setting():
    """K_SINK is one of the settings."""
    with pytest.raises(Unavailable, match="K_SINK"):
        HttpSink("").post(EVENT)


class Keeping(BaseHTTPRequestHandler):
    """A Broker that keeps connections, and is restarted after `lives` requests of each: it then answers no more."""

    protocol_version = "HTTP/1.1"
    lives = 1000
    heard: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.heard.append(self.headers["ce-id"])
        self.lives -= 1
        if self.lives < 0:
            self.close_connection = True
            return
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def keeping() -> Iterator[CountingServer]:
    with CountingServer(type("Handler", (Keeping,), {"heard": []})) as server:
        yield server


def _post(sink: HttpSink, count: int) -> None:
    for number in range(count):
        sink.post(replace(EVENT, id=str(number)))


def test_connections_are_kept(keeping: CountingServer):
    """Twenty events of one process cost one connection."""
    _post(HttpSink(keeping.url), 20)
    assert keeping.connections == 1


def test_a_stale_connection_is_no_refusal(keeping: CountingServer):
    """A Broker that was restarted meanwhile gets the event on a new connection, once."""
    keeping.handler.lives = 1
    _post(HttpSink(keeping.url), 2)
    assert (keeping.handler.heard, keeping.connections) == (["0", "1", "1"], 2)


def test_silence_on_a_new_connection_is_not_retried(keeping: CountingServer):
    """What died there was no leftover: the step is called again, that is enough."""
    keeping.handler.lives = 0
    with pytest.raises(Unavailable, match="does not answer"):
        HttpSink(keeping.url).post(EVENT)
    assert keeping.handler.heard == ["1"]


def test_a_broker_that_holds_its_answer_is_waited_for(broker: Subscriber):
    """A Broker without a queue answers when its subscribers have; the time it may take is a setting."""
    broker.react("/slow", "1", Reaction(202, after_s=0.3))
    HttpSink(f"{broker.url}/slow").post(EVENT)
    broker.react("/slow", "1", Reaction(0, after_s=0.3))
    with pytest.raises(Unavailable, match="does not answer: timed out"):
        HttpSink(f"{broker.url}/slow", timeout_s=0.1).post(EVENT)


def test_threads_share_a_sink():
    """A function answers several requests at a time."""
    with CountingServer(type("Handler", (Keeping,), {"heard": []})) as server:
        sink = HttpSink(server.url)
        threads = [threading.Thread(target=_post, args=(sink, 10)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.handler.heard) == 40
        assert server.connections <= 4
