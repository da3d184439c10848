"""Carrying out a task by a call: once, with an end, and with `.finished` made of the answer. Called by `webhook`.

2xx is the end, but for 202: then whoever was called answers by the api, until the task's timeout. 429, 5xx and silence
are tried again for two minutes, under the same correlation id; all else has failed for good.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.deployment import open_task
from keptn.errors import NotYet, Refused, Unavailable
from keptn.events import Event, Result, Status
from keptn.notification import outbound, template
from keptn.notification.outbound import Accepted, Call
from keptn.projects import resources
from keptn.webhook_task import file
from keptn.webhook_task.file import FromSecret, Webhook

SOURCE = "keptn/webhook"
GIVE_UP_S, LOOK_AGAIN_S = 120.0, 5.0
"""How long an endpoint may be away, and when it is asked again."""
TIMEOUT_S = 20.0
"""How long one answer may take: a pod that stops has thirty seconds."""
KEPT_ANSWER = 64 * 1024
"""Characters of an answer that a template may read."""
_LATER = 202


def carry_out(task: Event, ctx: Context) -> Event:
    """`.finished`, or `.started` where the answer comes later. Raises Refused, NotYet, Late."""
    from keptn.shipyard.model import BUILT_IN_TASKS  # noqa: PLC0415 - the shipyard is read by others

    name = _task_name(task)
    if name in BUILT_IN_TASKS:
        raise Refused(f"task {name!r} is a built-in one, which no webhook carries out; give it a name of its own")
    open_task.check(task, ctx)
    webhook = _named(task, str(events.section(task.data, name).get("webhook") or ""), ctx)
    values = _values(task, ctx)
    try:
        answered = outbound.accepted(call(task, webhook, values, ctx), ctx)
    except Unavailable as exc:
        if (ctx.clock.now() - task.time).total_seconds() > GIVE_UP_S:
            raise Refused(f"webhook {webhook.name!r}: {exc}; given up after {GIVE_UP_S:g} s") from exc
        raise NotYet(f"webhook {webhook.name!r}: {exc}", after_s=LOOK_AGAIN_S) from exc
    if answered.status == _LATER:
        said = f"webhook {webhook.name!r} was taken (202); its answer comes by the api"
        return events.started(task, source=SOURCE, now=ctx.clock.now(), message=said)
    return _finished(task, webhook, values, answered, ctx)


def call(task: Event, webhook: Webhook, values: Mapping[str, Any], ctx: Context) -> Call:
    """What is sent. Raises Refused for a template that cannot be filled, a secret that is not there."""
    texts = {name: value for name, value in webhook.headers.items() if isinstance(value, str)}
    filled = template.fill({"headers": texts, "body": webhook.body}, values)
    headers = dict(filled["headers"])
    for name, value in webhook.headers.items():
        if isinstance(value, FromSecret):
            headers[name] = outbound.secret_value(ctx.secrets, webhook.secret, value.key)
    body: Any = {**events.to_dict(task), "correlation_id": values["correlation_id"]}
    if webhook.body is not None:
        body = template.as_json(filled["body"], of=webhook.body)
    return Call(
        secret=webhook.secret,
        correlation=values["correlation_id"],
        channel=f"webhook {webhook.name}",
        body=None if webhook.body is None and webhook.method in ("GET", "DELETE") else body,
        headers=headers,
        method=webhook.method,
        timeout_s=TIMEOUT_S,
        kept=KEPT_ANSWER,
    )


def _named(task: Event, name: str, ctx: Context) -> Webhook:
    found = resources.require(
        ctx.config_repo,
        task.scope,
        file.FILE,
        purpose=f"task {_task_name(task)!r} is carried out by webhook {name!r}",
        commit=task.git_commit_id,
    )
    webhooks = file.parse(found.content)
    if name not in webhooks:
        raise Refused(f"there is no webhook {name!r} in {file.FILE}; it has: {', '.join(webhooks) or 'none'}")
    return webhooks[name]


def _values(task: Event, ctx: Context) -> dict[str, Any]:
    correlation = events.derived_id(task.id, "call", "webhook")
    return {
        **template.of_event(task, correlation=correlation),
        "answer_url": f"{ctx.settings.function_url('api')}/v1/event",
    }


def _finished(task: Event, webhook: Webhook, values: Mapping[str, Any], answered: Accepted, ctx: Context) -> Event:
    known = {**values, "answer": {"status": answered.status, "text": answered.text, "json": _json(answered.text)}}
    try:
        filled: Mapping[str, Any] = template.fill(dict(webhook.answer), known)
    except template.BadTemplate as bad:
        raise Refused(f"webhook {webhook.name!r} answered {answered.status}, and of its answer: {bad}") from bad
    result, status = str(filled.get("result", Result.PASS)).strip(), str(filled.get("status", Status.SUCCEEDED)).strip()
    _check(webhook, "result", result, set(Result))
    _check(webhook, "status", status, set(Status))
    return events.finished(
        task,
        source=SOURCE,
        now=ctx.clock.now(),
        result=Result(result),
        status=Status(status),
        message=str(filled.get("message") or f"webhook {webhook.name!r} answered {answered.status}"),
        payload={_task_name(task): {"webhook": webhook.name, **dict(filled.get("data") or {})}},
    )


def _check(webhook: Webhook, what: str, given: str, known: set[Any]) -> None:
    """A gate fails closed: what is no result is none."""
    if given not in known:
        words = ", ".join(sorted(map(str, known)))
        raise Refused(f"webhook {webhook.name!r}: its answer gives the {what} {given[:80]!r}, which is none of {words}")


def _json(text: str) -> Any:  # noqa: ANN401 - whatever was answered
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _task_name(task: Event) -> str:
    parts = events.parse_type(task.type)
    if parts is None or parts.stage:
        raise Refused(f"{task.type} is no task's trigger; a webhook carries out tasks alone")
    return parts.name
