"""`webhook`: the event to any URL, as structured CloudEvent, or a body of one's own.

method: PUT                       absent: POST
body: {text: "{{ title }}"}       texts are templates; absent: the whole event, for the receiver knows what it needs
over: true                        called again when the problem is over; templates then have `over`
"""

from __future__ import annotations

from keptn import events
from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event
from keptn.notification import outbound, template
from keptn.notification.outbound import Call
from keptn.remediation.actions import options as read
from keptn.remediation.actions import wording
from keptn.remediation.actions.port import Outcome, Over
from keptn.remediation.runbook import Executor

METHODS = ("POST", "PUT", "PATCH")


def check(options: Place) -> None:
    read.only(options, "secret", "method", "body", "over")
    read.secret(options)
    read.body(options["body"])
    options["over"].flag()
    if not options["method"].absent and options["method"].value not in METHODS:
        raise options["method"].error(f"must be one of {', '.join(METHODS)}")


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    _call(task, executor, ctx)
    options = executor.options
    notes = {"secret": read.secret_of(executor), **{key: options[key] for key in ("method", "body") if key in options}}
    return Outcome(message="called", over=Over(notes=notes) if options.get("over") else None)


def afterwards(task: Event, executor: Executor, ctx: Context) -> Outcome:
    _call(task, executor, ctx)
    return Outcome(message="called again: the problem is over")


def _call(task: Event, executor: Executor, ctx: Context) -> None:
    correlation, own = wording.correlation(task, executor), executor.options.get("body")
    body = (
        {**events.to_dict(task), "correlation_id": correlation}
        if own is None
        else template.json_body(own, wording.values(task, executor))
    )
    call = Call(
        secret=read.secret_of(executor),
        correlation=correlation,
        channel=executor.key,
        body=body,
        method=str(executor.options.get("method") or METHODS[0]),
    )
    outbound.call_once(call, ctx)
