"""Events as the Broker carries them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.errors import Undecodable
from keptn.local import envelope
from keptn.local.envelope import Envelope

CORE = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
NAMES = st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True).filter(lambda name: name not in ("data", "datacontenttype"))


@given(extensions=st.dictionaries(NAMES, st.text(min_size=1)), body=st.binary())
def test_binary_mode_carries_everything(extensions: dict[str, str], body: bytes):
    """Any attribute text and any data come out as they went in."""
    event = Envelope(attributes={**extensions, **CORE, "datacontenttype": "text/plain"}, body=body)
    headers, sent = envelope.binary(event)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert envelope.read(headers, sent) == event


def test_structured_json_becomes_binary():
    """JSON data, text and Base64 are told apart by the JSON event format's rules."""
    read = [
        envelope.read(
            {"content-type": "application/cloudevents+json; charset=utf-8"}, json.dumps({**CORE, **data}).encode()
        )
        for data in (
            {"data": {"a": 1}},
            {"data": "x", "datacontenttype": "text/plain"},
            {"data_base64": "AAE="},
            {"flag": True},
        )
    ]
    assert [event.body for event in read] == [b'{"a":1}', b"x", b"\x00\x01", b""]
    assert read[0].attributes["datacontenttype"] == "application/json"
    assert read[3].attributes["flag"] == "true"


def test_structured_form_is_what_a_job_reads():
    """JSON data stays JSON, other data is Base64."""
    event = Envelope(attributes={**CORE, "datacontenttype": "application/json"}, body=b'{"a":1}')
    assert json.loads(envelope.structured(event))["data"] == {"a": 1}
    other = Envelope(attributes={**CORE, "datacontenttype": "image/png"}, body=b"\x00")
    assert json.loads(envelope.structured(other))["data_base64"] == "AA=="


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({"ce-id": "1"}, b"", "lacks specversion and source and type"),
        ({f"ce-{k}": v for k, v in CORE.items()} | {"ce-specversion": "0.3"}, b"", "0.3"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", "one event at a time"),
        ({"content-type": "application/cloudevents+json"}, b"{", "no JSON"),
        ({"content-type": "application/cloudevents+json"}, b"[]", "JSON object"),
        ({"content-type": "application/cloudevents+xml"}, b"", "not supported"),
        ({"content-type": "application/cloudevents+json"}, json.dumps({**CORE, "data_base64": 1}).encode(), "Base64"),
    ],
)
def test_what_is_no_event_is_said(headers: dict[str, str], body: bytes, says: str):
    """One sentence for whoever sent it."""
    with pytest.raises(Undecodable, match=says):
        envelope.read(headers, body)
