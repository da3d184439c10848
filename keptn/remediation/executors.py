"""Who carries out the action of a remediation: every executor that it names, whatever becomes of the others.

Called by `step.py`. What each does is in its own file of `actions/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

from keptn.context import Context
from keptn.errors import NotYet, Refused, Unavailable
from keptn.events import Event, Result
from keptn.remediation.actions.port import Action, Outcome
from keptn.remediation.runbook import ACTIONS, BUILT_IN, Executor

GIVE_UP_S = 120.0
"""How long an endpoint may be away before its executor has failed: what the others did must become known."""
LOOK_AGAIN_S = 5.0


def named(name: str) -> Action:
    """The action of that name; imported now, so that others cost nothing. Raises Refused."""
    if name not in BUILT_IN:
        raise Refused(f"there is no executor {name!r}; known: {', '.join(BUILT_IN)}")
    return cast(Action, import_module(f"{ACTIONS}.{name}"))


def carry_out(task: Event, executors: Sequence[Executor], ctx: Context) -> dict[str, Outcome]:
    """Run all of them; key of each to what it did. Raises NotYet while one may still succeed."""
    outcomes: dict[str, Outcome] = {}
    waiting: list[str] = []
    too_late = (ctx.clock.now() - task.time).total_seconds() > GIVE_UP_S
    for executor in executors:
        try:
            outcomes[executor.key] = named(executor.name).act(task, executor, ctx)
        except Refused as refused:
            outcomes[executor.key] = Outcome(result=Result.FAIL, message=str(refused))
        except (Unavailable, NotYet) as exc:
            if too_late and executor.name != "rollback":  # users wait for that one: only the task's timeout ends it
                outcomes[executor.key] = Outcome(result=Result.FAIL, message=f"{exc}; given up")
            else:
                waiting.append(f"{executor.key}: {exc}")
    if waiting:
        raise NotYet("; ".join(waiting), after_s=LOOK_AGAIN_S)
    return outcomes
