"""The event sink over HTTP: what counts as accepted, and what the sender is told otherwise."""

from datetime import UTC, datetime

import pytest

from keptn import events
from keptn.adapters.http.sink import HttpSink
from keptn.errors import Unavailable
from keptn.events import Event
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


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503, 0])
def test_everything_else_is_unavailable(broker: Subscriber, status: int):
    """A refusal, a redirect or silence (0): the step is called again, and posts again."""
    broker.react("/keptn/default", "1", Reaction(status, {"location": "/elsewhere"}))
    with pytest.raises(Unavailable, match="Broker"):
        HttpSink(f"{broker.url}/keptn/default").post(EVENT)
    assert len(broker.heard) == 1


def test_a_broker_that_is_away_is_unavailable():
    """Nobody listens there."""
    with pytest.raises(Unavailable, match="does not answer"):
        HttpSink("http://127.0.0.1:9/").post(EVENT)


def test_a_missing_sink_names_its_setting():
    """K_SINK comes from the SinkBinding."""
    with pytest.raises(Unavailable, match="K_SINK"):
        HttpSink("").post(EVENT)
