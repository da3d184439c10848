"""`rollback`: back to the version before the live one, a commit and then the route in one change."""

from __future__ import annotations

from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event
from keptn.remediation.actions import options as read
from keptn.remediation.actions.port import Outcome
from keptn.remediation.runbook import Executor


def check(options: Place) -> None:
    read.only(options)


def act(task: Event, _executor: Executor, ctx: Context) -> Outcome:
    from keptn.deployment import step  # noqa: PLC0415 - most of what importing costs, and not every runbook needs it
    from keptn.deployment.strategy import Phase  # noqa: PLC0415

    done = step.carry_out(task, ctx, phase=Phase.ROLLBACK, to_previous=True)
    return Outcome(message=done.message, data={"live": done.live, "gitCommit": done.git_commit})
