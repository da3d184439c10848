"""How often a page looks again by itself: often while something runs, seldom while it waits, and not for ever.

A page that is left open must not keep functions up: what has not changed for a while is looked at when somebody comes
back to the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from keptn.sequence.slot import Execution, State

WAITING_S = 15
"""While everything only waits."""
LOOKED_FOR = timedelta(minutes=10)


def again_s(changes: Iterable[datetime], *, running_s: int, now: datetime) -> int:
    """Seconds; 0: not by itself. changes: since when each open thing is as it is. running_s: WAITING_S if none runs."""
    newest = max(changes, default=None)
    return 0 if newest is None or now - newest > LOOKED_FOR else running_s


def of_executions(going: Collection[Execution], *, running_s: int, now: datetime) -> int:
    """The same of executions that are open."""
    runs = any(one.state == State.STARTED for one in going)
    return again_s(map(_since, going), running_s=running_s if runs else WAITING_S, now=now)


def _since(execution: Execution) -> datetime:
    """Since when it runs its task, or waits for it."""
    last = execution.runs[-1] if execution.runs else None
    return (last.ended_at or last.triggered_at) if last else execution.triggered_at
