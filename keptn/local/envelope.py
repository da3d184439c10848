"""Any CloudEvent as the Broker carries it: attributes as text, data as bytes. Pure.

Unlike `keptn.events` it accepts every event, not ours alone: a Broker must not care what it carries.
Source: CloudEvents 1.0, HTTP protocol binding and JSON event format.
"""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn.errors import Undecodable
from keptn.events import header_value

REQUIRED = ("specversion", "id", "source", "type")
STRUCTURED = "application/cloudevents+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """attributes: context attributes and extensions by name, `datacontenttype` among them."""

    attributes: Mapping[str, str]
    body: bytes = b""

    def with_attributes(self, **more: str) -> Envelope:
        return Envelope(attributes={**self.attributes, **more}, body=self.body)

    def without(self, name: str) -> Envelope:
        return Envelope(attributes={k: v for k, v in self.attributes.items() if k != name}, body=self.body)


def read(headers: Mapping[str, str], body: bytes) -> Envelope:
    """From a request or response in binary or structured mode; header names in lower case. Raises Undecodable."""
    content_type = headers.get("content-type", "")
    if content_type.startswith("application/cloudevents-batch"):
        raise Undecodable("a Broker takes one event at a time, not a batch")
    if content_type.startswith("application/cloudevents"):
        return _checked(_structured(content_type, body))
    return _checked(_binary(headers, body))


def is_event(headers: Mapping[str, str]) -> bool:
    """Whether a message claims to be an event, in either mode."""
    return "ce-specversion" in headers or headers.get("content-type", "").startswith("application/cloudevents")


def binary(envelope: Envelope) -> tuple[dict[str, str], bytes]:
    """Headers and body in binary content mode."""
    headers = {f"ce-{k}": header_value(v) for k, v in envelope.attributes.items() if k != "datacontenttype"}
    if content_type := envelope.attributes.get("datacontenttype"):
        headers["content-type"] = content_type
    return headers, envelope.body


def structured(envelope: Envelope) -> bytes:
    """The JSON event format."""
    is_json = _is_json(envelope.attributes.get("datacontenttype", "application/json"))
    data: dict[str, Any] = {}
    if envelope.body:
        data = {"data": json.loads(envelope.body)} if is_json else _base64(envelope.body)
    return json.dumps({**envelope.attributes, **data}).encode()


def _base64(body: bytes) -> dict[str, str]:
    return {"data_base64": base64.b64encode(body).decode()}


def _binary(headers: Mapping[str, str], body: bytes) -> Envelope:
    attributes = {k[3:]: urllib.parse.unquote(v) for k, v in headers.items() if k.startswith("ce-")}
    if content_type := headers.get("content-type"):
        attributes["datacontenttype"] = content_type
    return Envelope(attributes=attributes, body=body)


def _structured(content_type: str, body: bytes) -> Envelope:
    if not content_type.startswith(STRUCTURED):
        raise Undecodable(f"content type {content_type!r} is not supported; send {STRUCTURED}, or binary mode")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Undecodable(f"the event is no JSON: {str(exc).splitlines()[0]}") from exc
    if not isinstance(event, dict):
        raise Undecodable("a CloudEvent must be a JSON object")
    given = {k: v for k, v in event.items() if k not in ("data", "data_base64") and v is not None}
    attributes = {k: v if isinstance(v, str) else json.dumps(v) for k, v in given.items()}
    return Envelope(attributes=attributes, body=_data(event, attributes))


def _data(event: Mapping[str, Any], attributes: dict[str, str]) -> bytes:
    if "data_base64" in event:
        try:
            return base64.b64decode(event["data_base64"], validate=True)
        except (ValueError, TypeError) as exc:
            raise Undecodable("data_base64 is no Base64") from exc
    if event.get("data") is None:
        return b""
    if _is_json(attributes.setdefault("datacontenttype", "application/json")):
        return json.dumps(event["data"], separators=(",", ":")).encode()
    return event["data"].encode() if isinstance(event["data"], str) else json.dumps(event["data"]).encode()


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media.endswith(("/json", "+json"))


def _checked(envelope: Envelope) -> Envelope:
    missing = [name for name in REQUIRED if not envelope.attributes.get(name)]
    if missing:
        raise Undecodable(f"the event lacks {' and '.join(missing)}; see CloudEvents 1.0, required attributes")
    if envelope.attributes["specversion"] != "1.0":
        raise Undecodable(f"specversion {envelope.attributes['specversion']!r} is not supported; send CloudEvents 1.0")
    return envelope
