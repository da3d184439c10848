"""What `slack` and `teams` share: the problem, what keptn does about it, and its end, in the channel's own form.

body: {text: "{{ title }}"}     in the place of that form; texts are templates, which have `over` at the end
"""

from __future__ import annotations

from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event
from keptn.notification import channels, outbound, template
from keptn.notification.channels import Posting
from keptn.notification.outbound import Call
from keptn.remediation.actions import options as read
from keptn.remediation.actions import wording
from keptn.remediation.actions.port import Outcome, Over
from keptn.remediation.runbook import Executor


def check(options: Place) -> None:
    read.only(options, "secret", "body")
    read.secret(options)
    read.body(options["body"])


def tell(task: Event, executor: Executor, ctx: Context) -> Outcome:
    """Post it once."""
    _post(task, executor, ctx)
    notes = {"secret": read.secret_of(executor)}
    body = {"body": executor.options["body"]} if "body" in executor.options else {}
    return Outcome(message="told", over=Over(notes=notes | body))


def tell_of_the_end(task: Event, executor: Executor, ctx: Context) -> Outcome:
    """Who heard of the problem hears of its end."""
    _post(task, executor, ctx)
    return Outcome(message="told that the problem is over")


def _post(task: Event, executor: Executor, ctx: Context) -> None:
    correlation, own = wording.correlation(task, executor), executor.options.get("body")
    postings = (
        channels.postings(task, channel=executor.name, correlation=correlation)
        if own is None
        else [Posting(correlation=correlation, body=template.json_body(own, wording.values(task, executor)))]
    )
    for posting in postings:
        call = Call(
            secret=read.secret_of(executor),
            correlation=posting.correlation,
            channel=executor.key,
            body=posting.body,
            headers=posting.headers,
        )
        outbound.call_once(call, ctx)
