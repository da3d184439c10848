"""Alerts and problems: which monitor speaks, and which problems its body tells of.

`receive_problem` calls `read`. A new sender is one file and one line in `SENDERS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from keptn.errors import Undecodable
from keptn.events import Scope, derived_id
from keptn.webhooks.senders.registries import Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem that a monitor saw. pid: the same from its opening to its end. digest: of the version it blames."""

    scope: Scope
    pid: str
    title: str
    type: str
    is_open: bool
    starts_at: datetime
    digest: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.title} ({self.scope})"

    @property
    def id(self) -> str:
        """The same for every repetition of this problem, and another when it comes back."""
        return derived_id(self.pid, self.starts_at.isoformat(), str(self.scope))


class Sender(Protocol):
    """One monitor's format."""

    def recognises(self, body: Mapping[str, Any]) -> bool: ...

    def read(self, body: Mapping[str, Any]) -> Sequence[Problem | Ignored]: ...


SENDERS = {"Alertmanager": "alertmanager"}
"""Name for people, module of this package."""


def read(body: Mapping[str, Any]) -> Sequence[Problem | Ignored]:
    """Every problem of a notification. Raises Undecodable for a shape that no known monitor sends."""
    for module in SENDERS.values():
        sender = cast(Sender, import_module(f"keptn.webhooks.senders.{module}"))
        if sender.recognises(body):
            return sender.read(body)
    raise Undecodable(f"the body is no notification of a known monitor ({', '.join(SENDERS)}); see docs/webhooks.md")
