"""`ticket`: a new ticket in any system that takes JSON. ServiceNow has an action of its own."""

from __future__ import annotations

import json

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
    read.only(options, "secret", "fields")
    read.secret(options)
    read.fields(options["fields"])


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    correlation = wording.correlation(task, executor)
    body = {**wording.ticket(task), **wording.fields(executor), "correlation_id": correlation}
    call = Call(secret=read.secret_of(executor), correlation=correlation, channel=executor.key, body=body)
    number = _number(outbound.call_once(call, ctx))
    return Outcome(message=f"opened {number or 'a ticket'}", data={"ticket": number} if number else {})


def _number(answer: str) -> str:
    """What the ticket is called; empty if the answer has no word for it that we know."""
    try:
        found = json.loads(answer)
        found = found.get("result", found)
        return next((str(found[key]) for key in ("number", "key", "id") if found.get(key)), "")
    except (ValueError, AttributeError):
        return ""
