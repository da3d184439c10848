"""Who carries out the action of a remediation, and what is left of it at the end: every executor that it names,
whatever becomes of the others.

Called by `step.py`. What each does is in its own file of `actions/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from keptn.context import Context
from keptn.errors import NotYet, Refused, Unavailable
from keptn.events import Event, Result
from keptn.remediation.actions.port import Action, Closing, Outcome, is_late
from keptn.remediation.runbook import ACTIONS, BUILT_IN, Executor

LOOK_AGAIN_S = 5.0


def named(name: str) -> Action:
    """The action of that name; imported now, so that others cost nothing. Raises Refused."""
    if name not in BUILT_IN:
        raise Refused(f"there is no executor {name!r}; known: {', '.join(BUILT_IN)}")
    return cast(Action, import_module(f"{ACTIONS}.{name}"))


def carry_out(task: Event, executors: Sequence[Executor], ctx: Context) -> dict[str, Outcome]:
    """Run all of them; key of each to what it did. Raises NotYet while one may still succeed."""
    return _each(task, executors, ctx, lambda executor: named(executor.name).act(task, executor, ctx))


def finish(task: Event, executors: Sequence[Executor], ctx: Context) -> dict[str, Outcome]:
    """Let all of them do what is left. Raises NotYet."""

    def close(executor: Executor) -> Outcome:
        return cast(Closing, named(executor.name)).afterwards(task, executor, ctx)

    return _each(task, executors, ctx, close)


def _each(
    task: Event, executors: Sequence[Executor], ctx: Context, do: Callable[[Executor], Outcome]
) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    waiting: list[str] = []
    for executor in executors:
        try:
            outcomes[executor.key] = do(executor)
        except Refused as refused:
            outcomes[executor.key] = Outcome(result=Result.FAIL, message=str(refused))
        except (Unavailable, NotYet) as exc:
            if (
                is_late(task, ctx) and executor.name != "rollback"
            ):  # users wait for that: only the task's timeout ends it
                outcomes[executor.key] = Outcome(result=Result.FAIL, message=f"{exc}; given up")
            else:
                waiting.append(f"{executor.key}: {exc}")
    if waiting:
        raise NotYet("; ".join(waiting), after_s=LOOK_AGAIN_S)
    return outcomes
