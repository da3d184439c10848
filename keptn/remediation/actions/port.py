"""What an action of a remediation is. Each is a module of this folder; `executors.py` finds it by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event, Result
from keptn.remediation.runbook import Executor


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an action did. data: joins the action of the `.finished` event (`live`, `gitCommit`, `ticket`)."""

    result: Result = Result.PASS
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Action(Protocol):
    """Carries out what a runbook names, and knows which options it may give."""

    def check(self, options: Place) -> None:
        """Raises InvalidFile with the line of what is wrong."""

    def act(self, task: Event, executor: Executor, ctx: Context) -> Outcome:
        """task: an `action.triggered`. It may run again after any failure. Raises Refused, Unavailable, NotYet."""
