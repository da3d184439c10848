"""What an action of a remediation is. Each is a module of this folder; `executors.py` finds it by its name.

Some leave something to be done when the problem is over (`Over`): they are `Closing`, and are called again then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event, Result
from keptn.remediation.runbook import Executor
from keptn.sequence.limits import REPAIR_LONGEST_S

GIVE_UP_S = 120.0
"""How long an endpoint may be away before its action has failed: what the others did must become known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What is left to be done when the problem is over. notes: for `afterwards`; they travel in events: no secrets.

    stays_s: how long after the problem's end. longest_s: when at the latest, whatever the monitoring says.
    """

    notes: Mapping[str, Any] = field(default_factory=dict)
    stays_s: float = 0.0
    longest_s: float = REPAIR_LONGEST_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an action did. data: joins the action of the `.finished` event (`live`, `gitCommit`, `ticket`).

    over: None if nothing is left to do.
    """

    result: Result = Result.PASS
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    over: Over | None = None


class Action(Protocol):
    """Carries out what a runbook names, and knows which options it may give."""

    def check(self, options: Place) -> None:
        """Raises InvalidFile with the line of what is wrong."""

    def act(self, task: Event, executor: Executor, ctx: Context) -> Outcome:
        """task: an `action.triggered`. It may run again after any failure. Raises Refused, Unavailable, NotYet."""


class Closing(Action, Protocol):
    """An action that has something to do when the problem is over."""

    def afterwards(self, task: Event, executor: Executor, ctx: Context) -> Outcome:
        """task: of the recovery; its data say of which task (`action.of`), and the problem. executor: with the notes.

        Raises as `act` does; what fails is tried again with another task.
        """


def is_late(task: Event, ctx: Context) -> bool:
    """Whether who is away has had his time."""
    return (ctx.clock.now() - task.time).total_seconds() > GIVE_UP_S
