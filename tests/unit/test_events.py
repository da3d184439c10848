"""The envelope: what is read is what was written, and what is broken has a reason."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import events
from keptn.errors import Undecodable
from keptn.events import Event, Phase, Result, Scope, Status

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TRIGGERED = Event(
    type="sh.keptn.event.test.triggered",
    id="t1",
    source="keptn/orchestrate",
    time=NOW,
    data={"project": "sockshop", "stage": "dev", "service": "carts", "labels": {"build": "7"}, "test": {"x": 1}},
    context="ctx",
    epoch=3,
    hops=4,
    root_time=NOW - timedelta(minutes=1),
)
text = st.text(min_size=1).filter(lambda value: value.strip() and value.isprintable())


@given(event_id=text, source=text, value=st.text(), epoch=st.integers(0, 10**9))
def test_binary_mode_keeps_everything(event_id: str, source: str, value: str, epoch: int) -> None:
    """An event survives headers and body, whatever characters it carries."""
    event = Event(type="t", id=event_id, source=source, time=NOW, data={"v": value}, epoch=epoch, root_time=NOW)
    headers, body = events.encode(event)
    assert all(header.isascii() for header in headers.values())
    assert events.decode(headers, body) == event


def test_structured_mode_keeps_everything() -> None:
    """An event survives the structured JSON form, over HTTP and on disk."""
    body = json.dumps(events.to_dict(TRIGGERED)).encode()
    assert events.decode({"Content-Type": "application/cloudevents+json"}, body) == TRIGGERED
    assert events.from_dict(events.to_dict(TRIGGERED)) == TRIGGERED


BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t", "content-type": "application/json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({}, b"", "no CloudEvent"),
        ({**BINARY, "ce-id": ""}, b"{}", "lacks id"),
        ({**BINARY, "ce-id": "  "}, b"{}", "lacks id"),
        ({k: v for k, v in BINARY.items() if k != "ce-source"}, b"{}", "no CloudEvent"),
        ({**BINARY, "ce-specversion": "0.2"}, b"{}", "no CloudEvent"),
        (BINARY, b"{broken", "JSON object"),
        (BINARY, b"[1]", "JSON object"),
        (BINARY, b"", "JSON object"),
        ({**BINARY, "ce-time": "yesterday"}, b"{}", "'yesterday' is no RFC 3339 time"),
        ({**BINARY, "ce-keptnepoch": "-1"}, b"{}", "'-1' is no whole number"),
        (STRUCTURED, b"[]", "no CloudEvent"),
        (STRUCTURED, b"{", "no CloudEvent"),
        (STRUCTURED, b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":"x"}', "JSON object"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", "no CloudEvent"),
    ],
)
def test_what_cannot_be_read_has_a_reason(headers: dict[str, str], body: bytes, reason: str) -> None:
    """Anything that is no CloudEvent with an object as data is Undecodable, in one line."""
    with pytest.raises(Undecodable, match=reason) as caught:
        events.decode(headers, body)
    assert "\n" not in str(caught.value)


@given(body=st.binary(), content_type=st.sampled_from(["application/json", "application/cloudevents+json", "", "x"]))
def test_no_bytes_make_decode_fail_otherwise(body: bytes, content_type: str) -> None:
    """Random bodies give an event or Undecodable, never another exception."""
    try:
        events.decode({**BINARY, "content-type": content_type}, body)
    except Undecodable:
        return


@pytest.mark.parametrize(
    ("event_type", "stage", "name", "phase"),
    [
        ("sh.keptn.event.deployment.triggered", "", "deployment", Phase.TRIGGERED),
        ("sh.keptn.event.get-action.finished", "", "get-action", Phase.FINISHED),
        ("sh.keptn.event.dev.delivery.triggered", "dev", "delivery", Phase.TRIGGERED),
        ("sh.keptn.event.deployment.status.changed", "", "deployment", Phase.STATUS_CHANGED),
    ],
)
def test_types_are_taken_apart(event_type: str, stage: str, name: str, phase: Phase) -> None:
    """Tasks and sequences are told apart by the number of parts; `status.changed` is one part."""
    parts = events.parse_type(event_type)
    assert parts is not None
    assert (parts.stage, parts.name, parts.phase) == (stage, name, phase)


@pytest.mark.parametrize("event_type", ["sh.keptn.events.problem", "x", "sh.keptn.event.a.b.c.triggered"])
def test_other_types_are_not_ours(event_type: str) -> None:
    """A type of another form is none of a task or sequence."""
    assert events.parse_type(event_type) is None


def test_an_answer_carries_its_cause() -> None:
    """A `.finished` names the `.triggered`, keeps scope, labels, context, epoch and root time, and adds a hop."""
    payload = {"test": {"start": "a"}, "project": "other"}
    answer = events.finished(TRIGGERED, source="keptn/test", now=NOW, result=Result.WARNING, payload=payload)
    assert answer.type == "sh.keptn.event.test.finished"
    assert (answer.triggered_id, answer.context, answer.epoch, answer.hops) == ("t1", "ctx", 3, 5)
    assert answer.scope == Scope(project="sockshop", stage="dev", service="carts")
    assert answer.data["labels"] == {"build": "7"}
    assert (answer.status, answer.result) == (Status.SUCCEEDED, Result.WARNING)
    assert answer.root_time == TRIGGERED.root_time


def test_ids_are_derived() -> None:
    """The same cause gives the same id; another source, type or key gives another."""
    again = [events.started(TRIGGERED, source="a", now=now).id for now in (NOW, NOW + timedelta(1))]
    assert again[0] == again[1] != events.started(TRIGGERED, source="b", now=NOW).id
    assert events.derived_id("a", "bc") != events.derived_id("ab", "c")


@given(moment=st.datetimes(timezones=st.just(timezone(timedelta(hours=5)))), other=st.datetimes(timezones=st.just(UTC)))
def test_times_sort_as_text(moment: datetime, other: datetime) -> None:
    """RFC 3339 as written here sorts like the times, and comes back the same."""
    if moment.utctimetuple().tm_year < 1000 or other.year < 1000:
        return
    assert events.utc(events.rfc3339(moment)) == moment
    assert (events.rfc3339(moment) < events.rfc3339(other)) == (moment < other)
