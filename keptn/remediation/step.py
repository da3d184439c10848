"""Choosing the next action for a problem, and carrying it out. Called by the function `remediate`.

Whether the action helped is found by the evaluation that follows it, and a next round is the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keptn.context import Context
from keptn.deployment import open_task
from keptn.events import REMEDIATION_END, Event, Result
from keptn.projects import resources
from keptn.records import replies
from keptn.remediation import executors, runbook
from keptn.remediation.actions.port import Outcome as Acted
from keptn.remediation.actions.port import Over
from keptn.remediation.runbook import Executor

AFTERWARDS = "afterwards"
_OF_A_PROBLEM = ("ProblemTitle", "problemTitle", "problemType", "rootCause", "PID", "ProblemID", "startsAt")


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
    action = {key: value for key, value in (task.data.get("action") or {}).items() if key != AFTERWARDS}
    if action.get("action") == REMEDIATION_END:
        return _take_back(task, action, ctx)
    wanted = runbook.executors_of(action)
    if not any(executor.name in runbook.BUILT_IN for executor in wanted):
        return None
    open_task.check(task, ctx)
    outcomes = executors.carry_out(task, wanted, ctx)
    left = {key: outcome.over for key, outcome in outcomes.items() if outcome.over}
    return _outcome({**action, **_afterwards(task, wanted, left)}, outcomes)


def _take_back(task: Event, action: Mapping[str, Any], ctx: Context) -> Outcome:
    """Do what an action left to be done. Who did not answer for it may have scaled all the same."""
    open_task.check(task, ctx)
    earlier = replies.of(ctx.store, str(action["of"]), function="remediate")
    said: Mapping[str, Any] = ((earlier.data.get("action") or {}).get(AFTERWARDS) or {}) if earlier else {}
    left = [Executor(name=one["name"], key=one["key"], options=one["notes"]) for one in said.get("executors", ())]
    if not said and runbook.SCALES.intersection(action.get("by") or ()):
        left = [Executor(name="scale", key="scale")]
    asked = replace(task, data={**task.data, "problem": said.get("problem") or {}})
    done = _outcome(action, executors.finish(asked, left, ctx))
    return done if left else replace(done, message="nothing is left to be taken back")


def _afterwards(task: Event, wanted: Sequence[Executor], left: Mapping[str, Over]) -> Mapping[str, Any]:
    """What the engine is asked to see to at the end of the problem (`sequence/repairs.py`), and what we need then."""
    if not left:
        return {}
    problem: Mapping[str, Any] = task.data.get("problem") or {}
    known = {key: problem[key] for key in _OF_A_PROBLEM if problem.get(key)}
    notes = [{"name": e.name, "key": e.key, "notes": left[e.key].notes} for e in wanted if e.key in left]
    stays_s = max(one.stays_s for one in left.values())
    longest_s = max(one.longest_s for one in left.values())
    return {AFTERWARDS: {"stays": stays_s, "longest": longest_s, "problem": known, "executors": notes}}


def _outcome(action: Mapping[str, Any], outcomes: Mapping[str, Acted]) -> Outcome:
    done: dict[str, Any] = {**action}
    for outcome in outcomes.values():
        done |= outcome.data
    done["executors"] = {key: {"result": o.result, "message": o.message} for key, o in outcomes.items()}
    message = "; ".join(f"{key}: {outcome.message}" for key, outcome in outcomes.items())
    results = {outcome.result for outcome in outcomes.values()}
    worst = next((result for result in (Result.FAIL, Result.WARNING) if result in results), Result.PASS)
    return Outcome(result=worst, message=message, data={"action": done})
