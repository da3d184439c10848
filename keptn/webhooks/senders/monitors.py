"""Alerts and problems: which monitor speaks, and which problems its body tells of.

`entrance.py` calls `read`. A new sender is one file and one line in `SENDERS`, or a mapping file (`mappings/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, cast

from keptn.events import Scope, derived_id
from keptn.webhooks.senders import by_shape
from keptn.webhooks.senders.by_shape import Sender
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


SENDERS = {
    "alertmanager": "Alertmanager",
    "grafana": "Grafana",
    "dynatrace": "Dynatrace",
    "keptn-problem": "keptn problem events",
    "incident": "CDEvents incidents",
}
"""Name in the URL, which is the module's with dashes, and for people."""


def sender(name: str) -> Sender[Notification]:
    """One of SENDERS."""
    return cast(Sender[Notification], import_module(f"keptn.webhooks.senders.{name.replace('-', '_')}"))


def read(body: Mapping[str, Any], headers: Mapping[str, str], *, name: str = "") -> Notification:
    """Every problem of a notification. name: of SENDERS, if the URL says who sends; else by the shape.

    Raises Undecodable for a shape that no known monitor sends.
    """
    what = {"kind": "monitor", "other": "receive-problem/datadog"}
    return by_shape.read(body, headers, name=name, senders=SENDERS, sender=sender, **what)
