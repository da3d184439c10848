"""The built-in executors of a remediation's action: rollback, ticketing, webhook. Called by the function remediate.

Each is idempotent: it may run again after any failure. A new one is a function here, a line in `EXECUTORS` and its
name in `remediation.BUILT_IN`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.errors import NotYet, Refused, Unavailable
from keptn.events import Event, Result
from keptn.notification import outbound
from keptn.notification.outbound import Call
from keptn.remediation import runbook
from keptn.remediation.runbook import Executor

GIVE_UP_S = 120.0
"""How long an endpoint may be away before its executor has failed: what the others did must become known."""
LOOK_AGAIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an executor did. data: joins the action of the `.finished` event (`live`, `gitCommit`, `ticket`)."""

    result: Result = Result.PASS
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def carry_out(task: Event, executors: Sequence[Executor], ctx: Context) -> dict[str, Outcome]:
    """Run all of them, whatever happens to the others. Raises NotYet while one may still succeed."""
    outcomes: dict[str, Outcome] = {}
    waiting: list[str] = []
    too_late = (ctx.clock.now() - task.time).total_seconds() > GIVE_UP_S
    for executor in executors:
        try:
            outcomes[executor.name] = _execute(task, executor, ctx)
        except Refused as refused:
            outcomes[executor.name] = Outcome(result=Result.FAIL, message=str(refused))
        except (Unavailable, NotYet) as exc:
            if too_late and executor.name != "rollback":  # users wait for that one: only the task's timeout ends it
                outcomes[executor.name] = Outcome(result=Result.FAIL, message=f"{exc}; given up")
            else:
                waiting.append(f"{executor.name}: {exc}")
    if waiting:
        raise NotYet("; ".join(waiting), after_s=LOOK_AGAIN_S)
    return outcomes


def _execute(task: Event, executor: Executor, ctx: Context) -> Outcome:
    execute = EXECUTORS.get(executor.name)
    if execute is None:
        raise Refused(f"there is no executor {executor.name!r}; known: {', '.join(EXECUTORS)}")
    return execute(task, executor, ctx)


def _rollback(task: Event, _executor: Executor, ctx: Context) -> Outcome:
    from keptn.deployment import step  # noqa: PLC0415 - most of what importing costs, and only this one needs it
    from keptn.deployment.strategy import Phase  # noqa: PLC0415

    done = step.carry_out(task, ctx, phase=Phase.ROLLBACK, to_previous=True)
    return Outcome(message=done.message, data={"live": done.live, "gitCommit": done.git_commit})


def _servicenow(task: Event, executor: Executor, ctx: Context) -> Outcome:
    """Create a record by the Table API: `POST /api/now/table/<table>`. Source: ServiceNow, Table API."""
    table = str(executor.options.get("table") or "incident")
    return _ticket(task, executor, ctx, path=f"/api/now/table/{table}")


def _ticket(task: Event, executor: Executor, ctx: Context, *, path: str = "") -> Outcome:
    correlation = _correlation(task, executor)
    body = {**_ticket_fields(task), **_own_fields(executor), "correlation_id": correlation}
    call = Call(secret=_secret(executor), correlation=correlation, channel=executor.name, body=body, path=path)
    number = _ticket_number(outbound.call_once(call, ctx))
    return Outcome(message=f"opened {number or 'a ticket'}", data={"ticket": number} if number else {})


def _webhook(task: Event, executor: Executor, ctx: Context) -> Outcome:
    """The whole event, as structured CloudEvent: the receiver knows best what it needs."""
    correlation = _correlation(task, executor)
    body = {**events.to_dict(task), "correlation_id": correlation}
    call = Call(secret=_secret(executor), correlation=correlation, channel=executor.name, body=body)
    outbound.call_once(call, ctx)
    return Outcome(message="called")


EXECUTORS: Mapping[str, Callable[[Event, Executor, Context], Outcome]] = {
    "rollback": _rollback,
    "servicenow": _servicenow,
    "ticket": _ticket,
    "webhook": _webhook,
}


def _ticket_fields(task: Event) -> dict[str, Any]:
    """Columns of ServiceNow's incident table; other ticket systems get the same names."""
    problem: Mapping[str, Any] = task.data.get("problem") or {}
    action: Mapping[str, Any] = task.data.get("action") or {}
    title = next(iter(reversed(runbook.problem_names(problem))), "a problem")
    lines = [
        f"{title} in {task.scope}.",
        f"Problem id: {problem.get('PID') or 'unknown'}; since {problem.get('startsAt') or 'unknown'}.",
        f"keptn does: {action.get('name') or action.get('action')}. {action.get('description') or ''}".strip(),
        f"To follow it: keptn status {task.context}",
    ]
    return {
        "short_description": f"{task.scope}: {title}",
        "description": "\n".join(lines),
        "correlation_display": "keptn",
    }


def _own_fields(executor: Executor) -> dict[str, Any]:
    fields = executor.options.get("fields") or {}
    return dict(fields) if isinstance(fields, Mapping) else {}


def _ticket_number(answer: str) -> str:
    try:
        result = json.loads(answer)["result"]
        return str(result.get("number") or result.get("sys_id") or "")
    except (ValueError, KeyError, TypeError, AttributeError):  # another system's answer
        return ""


def _secret(executor: Executor) -> str:
    return str(executor.options.get("secret") or executor.name)


def _correlation(task: Event, executor: Executor) -> str:
    return events.derived_id(task.id, "call", executor.name)
