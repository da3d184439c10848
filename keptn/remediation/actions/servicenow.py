"""`servicenow`: a record by the Table API, which may start a workflow there; closed when the problem is over.

    table: change_request     absent: incident
    fields: {urgency: 1}      columns to set; texts may be templates
    close: {state: 7}         columns to set when the problem is over; false: none. Absent: an incident is resolved, a
                              record of any other table gets a work note, for its states are its process's

`POST /api/now/table/<table>` creates it, `PATCH …/<sys_id>` updates it. A run that finds that another may have created
it before asks by `correlation_id`. A change that is on its way already is an emergency change, unless `fields` say
otherwise. Sources: ServiceNow, Table API; Incident Management, state 6 is Resolved and needs a close code and notes;
Change Management, types of change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from keptn import events
from keptn.context import Context
from keptn.deployment.reading import Place
from keptn.errors import Refused
from keptn.events import Event, Result
from keptn.notification import outbound, template
from keptn.notification.outbound import Call
from keptn.remediation.actions import options as read
from keptn.remediation.actions import wording
from keptn.remediation.actions.port import Outcome, Over
from keptn.remediation.runbook import Executor

INCIDENT, CHANGE = "incident", "change_request"
_COLUMNS = "?sysparm_fields=sys_id%2Cnumber"
"""Of an answer: a whole record is more than is kept of one."""
RESOLVED = {"state": "6", "close_code": "Solution provided"}


def check(options: Place) -> None:
    read.only(options, "secret", "table", "fields", "close")
    read.secret(options)
    read.columns(options["fields"])
    if options["close"].value is not False:
        read.columns(options["close"])
    if not options["table"].absent:
        options["table"].text(r"[a-z][a-z0-9_]*", must="must be the name of a table, such as incident")


def act(task: Event, executor: Executor, ctx: Context) -> Outcome:
    table = str(executor.options.get("table") or INCIDENT)
    correlation = wording.correlation(task, executor)
    own = {"type": "emergency"} if table == CHANGE else {}
    body = {**own, **wording.ticket(task), **wording.fields(task, executor), "correlation_id": correlation}
    call = _call(executor, table, correlation, body=body, below=_COLUMNS)
    record = _record(outbound.call_once(call, ctx, find=lambda: _find(executor, table, correlation, ctx)))
    number = str(record.get("number") or record.get("sys_id") or "")
    return Outcome(
        message=f"opened {number or 'a record'}",
        data={"ticket": number} if number else {},
        over=_over(executor, table, record),
    )


def afterwards(task: Event, executor: Executor, ctx: Context) -> Outcome:
    """Resolve it; where the instance does not take that, it gets a work note, and a person closes it."""
    notes = executor.options
    correlation, table = wording.correlation(task, executor), str(notes["table"])
    record = f"/{notes['sys_id']}{_COLUMNS}"
    words = f"The problem is over: {wording.title(task)}. To see what was done: keptn status {task.context}"
    told = events.derived_id(correlation, "note")
    note = _call(executor, table, told, method="PATCH", below=record, body={"work_notes": words})
    if notes["close"] == {}:
        outbound.call_once(note, ctx)
        return Outcome(message=f"noted in {notes['number']} that the problem is over")
    own = template.fill(notes["close"], wording.values(task, executor))
    body = {"close_notes": words, "work_notes": words, **own}
    close = _call(executor, table, correlation, method="PATCH", below=record, body=body)
    try:
        outbound.call_once(close, ctx)
    except Refused as refused:
        outbound.call_once(note, ctx)
        said = f"{notes['number']} is not closed ({refused}), but noted that the problem is over; see `close`"
        return Outcome(result=Result.WARNING, message=said)
    return Outcome(message=f"closed {notes['number']}")


def _over(executor: Executor, table: str, record: Mapping[str, Any]) -> Over | None:
    close = executor.options.get("close", RESOLVED if table == INCIDENT else {})
    if close is False or not record.get("sys_id"):
        return None
    sys_id, number = str(record["sys_id"]), str(record.get("number") or record["sys_id"])
    secret = read.secret_of(executor)
    return Over(notes={"secret": secret, "table": table, "sys_id": quote(sys_id), "number": number, "close": close})


def _call(
    executor: Executor,
    table: str,
    correlation: str,
    *,
    body: Mapping[str, Any] | None = None,
    method: str = "POST",
    below: str = "",
) -> Call:
    return Call(
        secret=read.secret_of(executor),
        correlation=correlation,
        channel=executor.key,
        body=body,
        path=f"/api/now/table/{table}",
        below=below,
        method=method,
    )


def _find(executor: Executor, table: str, correlation: str, ctx: Context) -> str:
    """The record of this correlation id, as the answer to its creation would be; empty if there is none."""
    asked = f"{_COLUMNS}&sysparm_limit=1&sysparm_query=correlation_id%3D{correlation}"
    answer = outbound.send(_call(executor, table, correlation, method="GET", below=asked), ctx)
    try:
        found = json.loads(answer.text)["result"]
        return json.dumps({"result": found[0]}) if found else ""
    except (ValueError, LookupError, TypeError):
        return ""


def _record(answer: str) -> Mapping[str, Any]:
    """Its columns; none if something else answers there."""
    try:
        found = json.loads(answer)["result"]
    except (ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}
