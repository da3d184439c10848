"""`webhook`: the whole event, as structured CloudEvent: the receiver knows best what it needs."""

from __future__ import annotations

from keptn import events
from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event
from keptn.notification import outbound
from keptn.notification.outbound import Call
from keptn.remediation.actions import options as read
from keptn.remediation.actions import wording
from keptn.remediation.actions.port import Outcome
from keptn.remediation.runbook import Executor


def check(options: Place) -> None:
    read.only(options, "secret")
    read.secret(options)


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    correlation = wording.correlation(task, executor)
    body = {**events.to_dict(task), "correlation_id": correlation}
    call = Call(secret=read.secret_of(executor), correlation=correlation, channel=executor.key, body=body)
    outbound.call_once(call, ctx)
    return Outcome(message="called")
