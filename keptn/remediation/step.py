"""Choosing the next action for a problem, and carrying it out. Called by the function `remediate`.

Whether the action helped is found by the evaluation that follows it, and a next round is the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn.context import Context
from keptn.deployment import open_task
from keptn.events import Event, Result
from keptn.projects import resources
from keptn.remediation import executors, runbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the step says. data: joins the event's."""

    result: Result
    message: str
    data: Mapping[str, Any]


def choose(task: Event, ctx: Context) -> Outcome:
    """The runbook's next action; fail if it has none left. Raises Unknown (no runbook), InvalidFile."""
    file = resources.require(
        ctx.config_repo,
        task.scope,
        runbook.FILE,
        purpose=f"a remediation needs {runbook.FILE}",
        commit=task.git_commit_id,
    )
    earlier = (task.data.get("get-action") or {}).get("actionIndex")
    index = earlier if isinstance(earlier, int) else 0
    choice = runbook.choose(runbook.parse(file.content), task.data.get("problem") or {}, index=index)
    message = f"{choice.reason}; {file.note}" if file.note else choice.reason
    if choice.action is None:
        return Outcome(result=Result.FAIL, message=message, data={})
    data = {"action": choice.action.to_data(), "get-action": {"actionIndex": index + 1}}
    return Outcome(result=Result.PASS, message=message, data=data)


def act(task: Event, ctx: Context) -> Outcome | None:
    """Carry the action out; None if no built-in executor knows it: then it is an extension's. Raises NotYet, Late."""
    action = task.data.get("action") or {}
    wanted = runbook.executors_of(action)
    if not any(executor.name in runbook.BUILT_IN for executor in wanted):
        return None
    open_task.check(task, ctx)
    outcomes = executors.carry_out(task, wanted, ctx)
    failed = any(outcome.result is Result.FAIL for outcome in outcomes.values())
    done: dict[str, Any] = {**action}
    for outcome in outcomes.values():
        done |= outcome.data
    done["executors"] = {name: {"result": o.result, "message": o.message} for name, o in outcomes.items()}
    message = "; ".join(f"{name}: {outcome.message}" for name, outcome in outcomes.items())
    return Outcome(result=Result.FAIL if failed else Result.PASS, message=message, data={"action": done})
