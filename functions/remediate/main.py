"""remediate: chooses the next action for a problem (`get-action.triggered`) and carries it out (`action.triggered`).

An action that no built-in executor knows is an extension's. Whether the action helped is found by the evaluation that
follows it, and a next round is the engine's.
"""

from __future__ import annotations

from typing import Any

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event, Phase, Result
from keptn.projects import resources
from keptn.remediation import executors, runbook


@runtime.task("remediate")
def handle(task: Event, ctx: Context) -> Event | None:
    if task.type == events.task_type("get-action", Phase.TRIGGERED):
        return _choose(task, ctx)
    if task.type == events.task_type("action", Phase.TRIGGERED):
        return _act(task, ctx)
    return None


def _choose(task: Event, ctx: Context) -> Event:
    file = resources.require(ctx.config_repo, task.scope, runbook.FILE, purpose=f"a remediation needs {runbook.FILE}")
    earlier = (task.data.get("get-action") or {}).get("actionIndex")
    index = earlier if isinstance(earlier, int) else 0
    choice = runbook.choose(runbook.parse(file.content), task.data.get("problem") or {}, index=index)
    if choice.action is None:
        return _finished(task, ctx, Result.FAIL, choice.reason, {})
    payload = {"action": choice.action.to_data(), "get-action": {"actionIndex": index + 1}}
    return _finished(task, ctx, Result.PASS, choice.reason, payload)


def _act(task: Event, ctx: Context) -> Event | None:
    action = task.data.get("action") or {}
    wanted = runbook.executors_of(action)
    if not any(executor.name in runbook.BUILT_IN for executor in wanted):
        return None
    outcomes = executors.carry_out(task, wanted, ctx)
    failed = any(outcome.result is Result.FAIL for outcome in outcomes.values())
    payload: dict[str, Any] = {**action}
    for outcome in outcomes.values():
        payload |= outcome.data
    payload["executors"] = {name: {"result": o.result, "message": o.message} for name, o in outcomes.items()}
    message = "; ".join(f"{name}: {outcome.message}" for name, outcome in outcomes.items())
    return _finished(task, ctx, Result.FAIL if failed else Result.PASS, message, {"action": payload})


def _finished(task: Event, ctx: Context, result: Result, message: str, payload: dict[str, Any]) -> Event:
    return events.finished(
        task, source=runtime.source("remediate"), now=ctx.clock.now(), result=result, message=message, payload=payload
    )
