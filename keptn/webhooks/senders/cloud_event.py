"""A CloudEvent as it comes over HTTP, in either mode: its attributes, and its data.

Not with the SDK: what is no event of ours needs no envelope that is complete, and a cold start none of its imports.
Source: CloudEvents 1.0, HTTP Protocol Binding, 3.1 "Binary Content Mode", 3.2 "Structured Content Mode".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from keptn.webhooks.senders.registries import text, within

_PREFIX = "ce-"


def parts(body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Attributes and data; no attributes if it is none. headers: names in lower case."""
    if f"{_PREFIX}type" in headers:
        return {
            name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)
        }, body
    if text(body.get("specversion")) and text(body.get("type")):
        return {name: text(value) for name, value in body.items() if name != "data"}, within(body, "data")
    return {}, {}
