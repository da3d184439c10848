"""Approvals: decided by the shipyard, or asked of people. Called by `approve`, `notify` and the routes of `api`.

    approvals/<task id>.json         the question, with the secret its links are signed with
    approvals/<task id>.answer.json  the first answer, and who gave it when: later ones are told

The answer is `approval.finished`; the engine takes the first.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from keptn import durations, events
from keptn.context import Context
from keptn.errors import LostRace, Refused, Unknown
from keptn.events import Event, Result
from keptn.records import objects
from keptn.sequence import asking

SOURCE = "keptn/approve"
VERDICTS = (Result.PASS, Result.FAIL)
_SAID = {Result.PASS: "approved", Result.FAIL: "declined"}


def decide(task: Event, ctx: Context) -> Event:
    """The end of the task where the shipyard decides; else `.started`, with a link for each answer."""
    result = asking.result(task)
    if not asking.asks(task):
        return _answer(task, Result.PASS, by=SOURCE, reason=f"{result} is approved automatically", ctx=ctx)
    asked = events.started(
        task, source=SOURCE, now=ctx.clock.now(), message=f"a person is asked: the result is {result}"
    )
    return events.with_data(asked, {**asked.data, "approval": {"links": links(task, ctx)}})


def links(task: Event, ctx: Context) -> Mapping[str, str]:
    """Verdict to the link that gives it, the same whoever asks first; none where no person is asked."""
    if not asking.asks(task):
        return {}
    secret = _asked(task, ctx)
    return {str(verdict): link(task.id, verdict, secret, ctx) for verdict in VERDICTS}


def answer(task_id: str, verdict: str, *, by: str, reason: str, ctx: Context) -> Event:
    """Post a person's answer, once. Raises Unknown, Refused (it is over, or answered), Unavailable.

    Said again in the same words by the same person it is the same answer: what was said to it may have been lost. One
    that was kept but not posted, because the Broker was away, anybody may give again.
    """
    if verdict not in set(VERDICTS):
        raise Refused(f"an approval is answered with pass or fail, not {verdict!r}")
    question = _question(task_id, ctx)
    name, at = objects.approval_answer(task_id), events.rfc3339(ctx.clock.now())
    kept: dict[str, Any] = {"verdict": verdict, "by": by, "reason": reason, "at": at, "posted": False}
    try:
        _check_open(question, ctx)
        ctx.store.put(name, json.dumps(kept).encode(), if_generation=0)
    except LostRace:
        stored = ctx.store.get(name)
        kept = json.loads(stored.data) if stored else kept
        repeated = (kept["verdict"], kept["by"], kept["reason"]) == (verdict, by, reason)
        if not repeated and (kept["posted"] or kept["verdict"] != verdict):
            raise Refused(_answered(task_id, kept)) from None
    answered = _answer(question, Result(verdict), by=kept["by"], reason=kept["reason"], ctx=ctx)
    if not kept["posted"]:
        ctx.sink.post(answered)
        ctx.store.put(name, json.dumps({**kept, "posted": True}).encode())
    return answered


def _answered(task_id: str, kept: Mapping[str, Any]) -> str:
    said = _SAID[Result(kept["verdict"])]
    return f"approval {task_id} was {said} by {kept['by']} at {durations.moment(kept['at'])}; nothing is changed"


def _check_open(question: Event, ctx: Context) -> None:
    """Raises LostRace if somebody has answered, Refused if the delivery waits no longer."""
    from keptn.records import deliveries  # noqa: PLC0415 - only who answers needs the engine's documents

    if ctx.store.get(objects.approval_answer(question.id)):
        raise LostRace("it is answered")
    for document in deliveries.documents(ctx.store, question.context):
        for task in document["tasks"]:
            if task["id"] == question.id and task["finished_at"]:
                over = (
                    f"approval {question.id} is over since {durations.moment(task['finished_at'])}: {task['message']}"
                )
                raise Refused(f"{over}; nothing is changed")


def answer_by_link(task_id: str, verdict: str, *, token: str, ctx: Context) -> Event:
    """Post the answer of a signed link. Raises as `answer`, and Refused for a wrong link."""
    check_link(task_id, verdict, token=token, ctx=ctx)
    return answer(task_id, verdict, by="a signed link", reason="", ctx=ctx)


def check_link(task_id: str, verdict: str, *, token: str, ctx: Context) -> Event:
    """The question that the link answers. Raises Refused if its signature is wrong, Unknown."""
    kept = json.loads(_stored(task_id, ctx))
    if not hmac.compare_digest(token.encode(), _signature(task_id, verdict, str(kept["secret"])).encode()):
        raise Refused("this link is not valid; copy it whole, or answer with keptn approve")
    return events.from_dict(kept["task"])


def link(task_id: str, verdict: str, secret: str, ctx: Context) -> str:
    """Where a browser answers the question: a page with a button, for chats open links by themselves."""
    base = f"{ctx.settings.function_url('api')}/v1/answer"
    return f"{base}/{quote(task_id, safe='')}/{verdict}?token={_signature(task_id, verdict, secret)}"


def _asked(task: Event, ctx: Context) -> str:
    """The secret of the question, kept with it; the first run of a repeated task decides."""
    question = {"secret": secrets.token_urlsafe(32), "task": events.to_dict(task)}
    try:
        ctx.store.put(objects.approval(task.id), json.dumps(question).encode(), if_generation=0)
    except LostRace:
        return str(json.loads(_stored(task.id, ctx))["secret"])
    return str(question["secret"])


def _answer(task: Event, verdict: Result, *, by: str, reason: str, ctx: Context) -> Event:
    return events.finished(
        task,
        source=SOURCE,
        now=ctx.clock.now(),
        result=verdict,
        message=f"{_SAID[verdict]} by {by}" + (f": {reason}" if reason else ""),
        payload={"approval": {"by": by, "reason": reason, "result": str(verdict)}},
    )


def _question(task_id: str, ctx: Context) -> Event:
    return events.from_dict(json.loads(_stored(task_id, ctx))["task"])


def _stored(task_id: str, ctx: Context) -> bytes:
    stored = ctx.store.get(objects.approval(task_id))
    if stored is None:
        raise Unknown(f"nobody is asked for approval {task_id[:80]!r}; keptn get delivery shows what waits")
    return stored.data


def _signature(task_id: str, verdict: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{task_id}\n{verdict}".encode(), hashlib.sha256).hexdigest()
