"""`servicenow`: a record by the Table API, which may start a workflow there: an incident, unless a table is named.

`POST /api/now/table/<table>` creates it. Source: ServiceNow, Table API.
"""

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

INCIDENT = "incident"


def check(options: Place) -> None:
    read.only(options, "secret", "table", "fields")
    read.secret(options)
    read.fields(options["fields"])
    if not options["table"].absent:
        options["table"].text(r"[a-z][a-z0-9_]*", must="must be the name of a table, such as incident")


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    correlation = wording.correlation(task, executor)
    call = Call(
        secret=read.secret_of(executor),
        correlation=correlation,
        channel=executor.key,
        body={**wording.ticket(task), **wording.fields(executor), "correlation_id": correlation},
        path=f"/api/now/table/{executor.options.get('table') or INCIDENT}",
    )
    number = _number(outbound.call_once(call, ctx))
    return Outcome(message=f"opened {number or 'a record'}", data={"ticket": number} if number else {})


def _number(answer: str) -> str:
    try:
        result = json.loads(answer)["result"]
        return str(result.get("number") or result.get("sys_id") or "")
    except (ValueError, KeyError, TypeError, AttributeError):  # something else answers there
        return ""
