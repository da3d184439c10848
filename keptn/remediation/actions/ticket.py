"""`ticket`: a new ticket in any system that takes JSON. ServiceNow has an action of its own.

fields: {priority: high}              beside the fields of an incident
body: {summary: "{{ title }}", …}     in their place
"""

from __future__ import annotations

import json
from typing import Any

from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.events import Event
from keptn.notification import outbound, template
from keptn.notification.outbound import Call
from keptn.remediation.actions import options as read
from keptn.remediation.actions import wording
from keptn.remediation.actions.port import Outcome
from keptn.remediation.runbook import Executor


def check(options: Place) -> None:
    read.only(options, "secret", "fields", "body")
    read.secret(options)
    read.columns(options["fields"])
    read.body(options["body"])
    if not (options["fields"].absent or options["body"].absent):
        raise options["fields"].error("and body exclude each other; keep one")


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    correlation, body = wording.correlation(task, executor), _body(task, executor)
    call = Call(secret=read.secret_of(executor), correlation=correlation, channel=executor.key, body=body)
    number = _number(outbound.call_once(call, ctx))
    return Outcome(message=f"opened {number or 'a ticket'}", data={"ticket": number} if number else {})


def _body(task: Event, executor: Executor) -> Any:  # noqa: ANN401 - JSON
    if (own := executor.options.get("body")) is not None:
        return template.json_body(own, wording.values(task, executor))
    fields = wording.fields(task, executor)
    return {**wording.ticket(task), **fields, "correlation_id": wording.correlation(task, executor)}


def _number(answer: str) -> str:
    """What the ticket is called; empty if the answer has no word for it that we know."""
    try:
        found = json.loads(answer)
        found = found.get("result", found)
        return next((str(found[key]) for key in ("number", "key", "id") if found.get(key)), "")
    except (ValueError, AttributeError):
        return ""
