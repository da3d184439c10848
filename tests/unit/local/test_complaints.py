"""What keeps going wrong is named on the terminal, and does not flood it."""

import asyncio
import logging

import pytest

from keptn.errors import Unavailable
from keptn.local import complaints, log_file, wiring
from keptn.local.broker import Attempts, Broker
from keptn.local.complaints import Complaints
from keptn.local.envelope import Envelope
from keptn.local.faults import Faults
from keptn.local.queue import Queue


@pytest.fixture
def said(caplog):
    """What the runtime's log has, as a list of sentences."""
    caplog.set_level(logging.INFO, "keptn.local")
    return lambda: [record.getMessage() for record in caplog.records]


def test_the_same_is_said_once_and_something_else_at_once(said):
    """Who tries four times a second complains no more often."""
    complaining = Complaints()
    for sentence in ("full", "full", "damaged", "damaged", "full"):
        complaining.say(sentence)
    assert said() == ["full", "damaged", "full"]


def test_what_lasts_is_said_again(said, monkeypatch):
    """Whoever looks at the terminal later sees it, too."""
    monkeypatch.setattr(complaints, "AGAIN_S", -1)
    complaining = Complaints()
    complaining.say("full")
    complaining.say("full")
    assert said() == ["full", "full"]


def test_a_queue_that_cannot_be_written_is_named_to_both_sides(said, tmp_path):
    """The sender gets the sentence, and the terminal: whose disk it is."""
    (tmp_path / "all.yaml").write_text(
        "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: default}\n---\n"
        "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: out}\n"
        "spec: {broker: default, subscriber: {uri: 'http://127.0.0.1:1/'}}\n"
    )
    queue = Queue(tmp_path / "broker.sqlite")
    broker = Broker(wiring.read([tmp_path]), queue, Attempts(None, faults=Faults()))
    queue.close()
    event = Envelope(attributes={"specversion": "1.0", "id": "1", "source": "s", "type": "t"}, body=b"")
    with pytest.raises(Unavailable, match=r"broker\.sqlite cannot be used now"):
        asyncio.run(broker.accept("keptn/default", event))
    (sentence,) = said()
    assert sentence.startswith(f"no event can be taken: {tmp_path / 'broker.sqlite'} cannot be used now")


def test_a_long_log_for_whose_copy_there_is_no_room_is_emptied(tmp_path):
    """It is what takes the room; the function's answer does not wait for it."""
    log = tmp_path / "deploy.log"
    log.write_text("x" * 100)
    log.with_name("deploy.log.1").symlink_to("/dev/full")
    log_file.bound(log, max_bytes=10)
    assert (log.read_text(), log.with_name("deploy.log.1").is_symlink()) == ("", False)
