"""Registry notifications: which sender speaks, and which pushes its body tells of.

`receive_artifact` calls `read`. A new sender is one file and one line in `SENDERS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from keptn.errors import Undecodable


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One image that was pushed under a tag; a hint only, the registry is asked for the digest.

    event_id: the registry's own id of this notification. repository: without registry host; host: where it was pushed.
    digest: as the sender says, empty if it does not. sent_at: by the registry's clock, empty if it does not say.
    """

    event_id: str
    host: str
    repository: str
    tag: str
    digest: str = ""
    sent_at: str = ""

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """One entry of a notification that starts nothing, and why."""

    what: str
    why: str


Notification = Sequence[Push | Ignored]


class Sender(Protocol):
    """One registry's format."""

    def recognises(self, body: Mapping[str, Any]) -> bool: ...

    def read(self, body: Mapping[str, Any]) -> Notification: ...


SENDERS = {"Docker Distribution": "docker_distribution"}
"""Name for people, module of this package."""


def read(body: Mapping[str, Any]) -> Notification:
    """Every entry of a notification. Raises Undecodable for a shape that no known registry sends."""
    for module in SENDERS.values():
        sender = cast(Sender, import_module(f"keptn.webhooks.senders.{module}"))
        if sender.recognises(body):
            return sender.read(body)
    raise Undecodable(f"the body is no notification of a known registry ({', '.join(SENDERS)}); see docs/webhooks.md")
