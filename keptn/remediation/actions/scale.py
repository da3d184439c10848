"""`scale`: more replicas for the time of the problem, a commit and then the cluster; and back when it is over.

    more: 2                            so many more than the values say; of an autoscaler: both of its bounds
    replicas: 5                        at least so many; of an autoscaler: minReplicas
    minReplicas: 4, maxReplicas: 20    at least these bounds of an autoscaler
    for: 2h                            how long at the most; absent: a day
    stays: 10m                         how long after the problem's end; absent: five minutes

The five minutes are what an autoscaler waits before it scales down, too. keptn 0.5 called the action `scaling`, with a
`value` of so many more. Sources: Kubernetes documentation, Horizontal Pod Autoscaling, stabilization window; keptn,
helm-service, action `scaling`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import durations
from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.deployment.scaling import Scaling
from keptn.deployment.workload_file import MOST_REPLICAS
from keptn.errors import NotYet, Refused, Unavailable
from keptn.events import Event, Result
from keptn.remediation.actions import options as read
from keptn.remediation.actions.port import Outcome, Over, is_late
from keptn.remediation.runbook import Executor

STAYS = "5m"
LONGEST = "24h"
LOOK_AGAIN_S = 5.0
_AMOUNTS = ("more", "replicas", "minReplicas", "maxReplicas")


def check(options: Place) -> None:
    read.only(options, *_AMOUNTS, "for", "stays")
    given = [options[key] for key in _AMOUNTS if not options[key].absent]
    if not given:
        raise options.document.error(f"scale needs one of {', '.join(_AMOUNTS)}, as in more: 2", *options.path)
    for at in given:
        at.number(1, MOST_REPLICAS)
    for one, other in (
        ("more", "replicas"),
        ("more", "minReplicas"),
        ("more", "maxReplicas"),
        ("replicas", "minReplicas"),
    ):
        if not (options[one].absent or options[other].absent):
            raise options[other].error(f"and {one} exclude each other; keep one")
    for key in ("for", "stays"):
        read.duration(options[key])


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    from keptn.deployment import rescale  # noqa: PLC0415 - most of what importing costs, and few runbooks need it

    options = executor.options
    kept_s = ctx.settings.retention_days * 86_400.0  # nothing waits longer than what it waits with is kept
    longest_s = min(durations.seconds(options.get("for", LONGEST)), kept_s)
    over = Over(stays_s=durations.seconds(options.get("stays", STAYS)), longest_s=longest_s)
    try:
        done = rescale.up(task, _wanted(task, options), ctx)
        if done.waiting and not is_late(task, ctx):
            raise NotYet(f"{done.message}; {done.waiting}", after_s=LOOK_AGAIN_S)
    except Refused as refused:
        return Outcome(result=Result.FAIL, message=str(refused), over=over)
    except (Unavailable, NotYet) as exc:
        if not is_late(task, ctx):
            raise
        return Outcome(result=Result.FAIL, message=f"{exc}; given up", over=over)
    doubts = [*done.warnings, *([f"not all are there yet: {done.waiting}"] if done.waiting else [])]
    return Outcome(
        result=Result.WARNING if doubts else Result.PASS,
        message="; ".join((done.message, *doubts, f"it goes back after {durations.short(longest_s)} at the latest")),
        data={"gitCommit": done.git_commit},
        over=over,
    )


def afterwards(task: Event, _executor: Executor, ctx: Context) -> Outcome:
    from keptn.deployment import rescale  # noqa: PLC0415

    done = rescale.back(task, ctx, of=str(task.data["action"]["of"]))
    return Outcome(message=done.message, data={"gitCommit": done.git_commit} if done.git_commit else {})


def _wanted(task: Event, options: Mapping[str, Any]) -> Scaling:
    if more := options.get("more"):
        return Scaling(context=task.context, least=f"+{more}", most=f"+{more}")
    least = options.get("replicas") or options.get("minReplicas") or ""
    return Scaling(context=task.context, least=str(least), most=str(options.get("maxReplicas") or ""))
