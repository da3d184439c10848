"""What becomes of a monitor's notification: a remediation for every open problem of a service we know.

`receive_problem` calls it. The end of a problem is recorded (its event starts nothing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from keptn import events
from keptn.context import Context
from keptn.errors import Refused, Unknown
from keptn.events import Event, Phase, Scope
from keptn.projects import hook_tokens, stages
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored

SOURCE = "keptn/receive-problem"
RESOLVED = events.PREFIX + "problem.resolved"
"""Type of the event that keeps a problem's end in the audit log. No sequence or task has a name of this form."""


def accept(problems: Sequence[Problem | Ignored], *, opened: str, ctx: Context) -> Mapping[str, object]:
    """Post what the problems start; say what was accepted and what was ignored and why."""
    outcomes = [entry if isinstance(entry, Ignored) else _posted(entry, opened, ctx) for entry in problems]
    return {
        "accepted": [_accepted(outcome) for outcome in outcomes if isinstance(outcome, Event)],
        "ignored": [{"what": outcome.what, "why": outcome.why} for outcome in outcomes if isinstance(outcome, Ignored)],
    }


def _posted(problem: Problem, opened: str, ctx: Context) -> Event | Ignored:
    if not hook_tokens.covers_problems(opened, problem.scope.project):
        why = f"the token is not that of project {problem.scope.project}; see docs/webhooks.md"
        return Ignored(what=str(problem), why=why)
    try:
        event = _event(replace(problem, scope=_known(problem.scope, ctx)), ctx)
    except Refused as refused:
        return Ignored(what=str(problem), why=str(refused))
    ctx.sink.post(event)
    return event


def _known(scope: Scope, ctx: Context) -> Scope:
    """The slot that the monitor means, in our spelling. Raises Unknown."""
    stage = stages.named(stages.of_project(ctx.config_repo, scope.project), scope.stage, project=scope.project)
    if not ctx.config_repo.tree(scope.project, stage).list(scope.service):
        raise Unknown(f"service {scope.service!r} is not in stage {stage} of {scope.project}; onboard it first")
    return replace(scope, stage=stage)


def _event(problem: Problem, ctx: Context) -> Event:
    scope = problem.scope
    opening = events.sequence_type(scope.stage, "remediation", Phase.TRIGGERED)
    return Event(
        type=opening if problem.is_open else RESOLVED,
        id=problem.id if problem.is_open else events.derived_id(problem.id, "resolved"),
        source=SOURCE,
        time=ctx.clock.now(),
        context=events.derived_id(problem.id, "context"),
        data={
            "project": scope.project,
            "stage": scope.stage,
            "service": scope.service,
            "labels": dict(problem.labels),
            "problem": _problem(problem),
        },
    )


def _problem(problem: Problem) -> Mapping[str, object]:
    described: dict[str, object] = {
        "State": "OPEN" if problem.is_open else "RESOLVED",
        "ProblemTitle": problem.title,
        "problemType": problem.type,
        "PID": problem.pid,
        "startsAt": events.rfc3339(problem.starts_at),
        "details": dict(problem.details),
        "labels": dict(problem.labels),
    }
    return {**described, **({"digest": problem.digest} if problem.digest else {})}


def _accepted(event: Event) -> Mapping[str, str]:
    scope, problem = event.scope, event.data["problem"]
    return {
        "project": scope.project,
        "stage": scope.stage,
        "service": scope.service,
        "problem": problem["ProblemTitle"],
        "state": problem["State"],
        "keptnContext": event.context,
        "id": event.id,
    }
