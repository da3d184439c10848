"""Alerts and problems: which monitor speaks, and which problems its body tells of.

`entrance.py` calls `read`. A new sender is one file and one line in `SENDERS`, or a mapping file (`mappings/`).
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

_NOWHERE = Scope(project="", stage="", service="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem that a monitor saw.

    pid: the same from its opening to its end; empty where title, start and slot make it. starts_at: None if the monitor
    does not say, or not the same every time. digest: of the version it blames. scope: empty until `problem.py` has
    looked it up, by the labels.
    """

    pid: str
    title: str
    type: str
    is_open: bool
    starts_at: datetime | None = None
    digest: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = field(default=_NOWHERE)

    def __str__(self) -> str:
        return f"{self.title} ({self.scope})" if self.scope.service else self.title

    @property
    def id(self) -> str:
        """The same for every repetition of this problem, and another when it comes back."""
        return derived_id(self.pid or self.title, self.starts_at.isoformat() if self.starts_at else "", str(self.scope))


TEST = "it is a test notification: keptn hears this monitor, and repairs nothing"
Notification = Sequence[Problem | Ignored]


class Sender(Protocol):
    """One monitor's format. headers: of the request, names in lower case. SETUP: as in `registries.Sender`."""

    SETUP: Mapping[str, str]

    def recognises(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> bool: ...

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification: ...


SENDERS = {
    "alertmanager": "Alertmanager",
    "grafana": "Grafana",
    "dynatrace": "Dynatrace",
    "keptn-problem": "keptn problem events",
    "incident": "CDEvents incidents",
}
"""Name in the URL, which is the module's with dashes, and for people."""


def sender(name: str) -> Sender:
    """One of SENDERS."""
    return cast(Sender, import_module(f"keptn.webhooks.senders.{name.replace('-', '_')}"))


def read(body: Mapping[str, Any], headers: Mapping[str, str], *, name: str = "") -> Notification:
    """Every problem of a notification. name: of SENDERS, if the URL says who sends; else by the shape.

    Raises Undecodable for a shape that no known monitor sends.
    """
    for one in [name] if name else SENDERS:
        if sender(one).recognises(body, headers):
            return sender(one).read(body, headers)
    if name:
        raise Undecodable(f"the body is no notification of {SENDERS[name]}; see docs/webhooks.md")
    known = ", ".join(SENDERS.values())
    hint = "for others the URL says who sends, as in …/receive-problem/datadog"
    raise Undecodable(f"the body is no notification of a known monitor ({known}); {hint}; see docs/webhooks.md")
