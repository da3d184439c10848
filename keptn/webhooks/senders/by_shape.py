"""Whose notification a body is: the sender's that the URL names, else the first's that knows its shape. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from keptn.errors import Undecodable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sender(Protocol[T_co]):
    """One sender's format. headers: of the request, names in lower case. SETUP: its fields, and what to enter there,
    with {url}, {token} and {hook}.
    """

    SETUP: Mapping[str, str]

    def recognises(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> bool: ...

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> T_co: ...


def read(
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    name: str,
    senders: Mapping[str, str],
    sender: Callable[[str], Sender[T]],
    kind: str,
    other: str,
) -> T:
    """What it tells. name: of the senders, or nothing. kind, other: for people, with the URL of one that has no shape.

    Raises Undecodable for a shape that none of them sends, and what the sender raises.
    """
    for one in [name] if name else senders:
        if sender(one).recognises(body, headers):
            return sender(one).read(body, headers)
    if name:
        raise Undecodable(f"the body is no notification of {senders[name]}; see docs/webhooks.md")
    known = ", ".join(senders.values())
    hint = f"for others the URL says who sends, as in …/{other}"
    raise Undecodable(f"the body is no notification of a known {kind} ({known}); {hint}; see docs/webhooks.md")
