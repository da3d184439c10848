"""What `slack` and `teams` share: the message of a notification about the action, in the channel's own form."""

from __future__ import annotations

from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event
from keptn.notification import channels, outbound
from keptn.notification.outbound import Call
from keptn.remediation.actions import options as read
from keptn.remediation.actions import wording
from keptn.remediation.actions.port import Outcome
from keptn.remediation.runbook import Executor


def check(options: Place) -> None:
    read.only(options, "secret")
    read.secret(options)


def tell(task: Event, executor: Executor, ctx: Context) -> Outcome:
    """Post it once."""
    correlation = wording.correlation(task, executor)
    for posting in channels.postings(task, channel=executor.name, correlation=correlation):
        call = Call(
            secret=read.secret_of(executor),
            correlation=posting.correlation,
            channel=executor.key,
            body=posting.body,
            headers=posting.headers,
        )
        outbound.call_once(call, ctx)
    return Outcome(message="told")
