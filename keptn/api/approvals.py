"""Answers to approvals: by the CLI with the token, by a browser with a signed link."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from keptn import approvals, events
from keptn.api.call import Call
from keptn.context import Context
from keptn.errors import KeptnError, Unavailable
from keptn.events import Event
from keptn.web import Answer, Request, json_answer

PREFIX = "/v1/answer/"
"""What follows carries its own signature: no token is asked."""


def index(call: Call) -> Answer:
    """What waits for a person, the one that waits longest first; of one project or of all."""
    from keptn.api import known  # noqa: PLC0415 - a link's page needs neither shipyards nor deliveries
    from keptn.records import deliveries  # noqa: PLC0415
    from keptn.sequence.execution_document import document  # noqa: PLC0415

    project = call.query("project")
    projects = [known.project(project, call.ctx)] if project else known.projects(call.ctx)
    slots = deliveries.slots_of(call.ctx.store, projects)
    open_ones = [document(one, scope=slot.scope, revision=slot.revision) for slot in slots for one in slot.open]
    asked = [_asked_for(one) for one in open_ones if one["waiting"]["for"] == "approval"]
    return json_answer({"approvals": sorted(asked, key=lambda one: str(one["since"]))})


def _asked_for(execution: Mapping[str, Any]) -> Mapping[str, Any]:
    what = ("stage", "sequence", "context", "project", "service", "image", "digest")
    return {**execution["waiting"], **{key: execution[key] for key in what}}


def answer(call: Call) -> Answer:
    """Answer the approval with `result` pass or fail."""
    given = {"by": call.by, "reason": call.optional("reason")}
    event = approvals.answer(call.path["task"], call.text("result"), ctx=call.ctx, **given)
    return json_answer({"keptnContext": event.context, "id": event.id, "type": event.type}, status=202)


def by_link(request: Request, ctx: Context) -> Answer:
    """GET shows what is asked and a button; POST answers, once. Chats and mail open links by themselves."""
    task_id, _, verdict = request.path.removeprefix(PREFIX).rpartition("/")
    token = request.query.get("token", "")
    try:
        if request.method == "POST":
            approvals.answer_by_link(task_id, verdict, token=token, ctx=ctx)
            return _page("Thank you", f"<p>Your answer: {escape(verdict)}.</p>")
        return _page("Approval", _asked(approvals.check_link(task_id, verdict, token=token, ctx=ctx), verdict))
    except Unavailable:
        raise
    except KeptnError as exc:
        return _page("Not possible", f"<p>{escape(str(exc))}</p>", status=400)


def _asked(task: Event, verdict: str) -> str:
    scope, result = task.scope, events.Result.PASS
    image = str((task.data.get("configurationChange") or {}).get("values", {}).get("image") or "a delivery")
    what = "Approve" if verdict == result else "Decline"
    return (
        f"<p>{escape(image)} for {escape(str(scope))}; the result so far is {escape(task.result or 'pass')}.</p>"
        f'<form method="post"><button>{what}</button></form>'
    )


def _page(title: str, body: str, *, status: int = 200) -> Answer:
    style = "body{font:1.1rem sans-serif;max-width:40rem;margin:4rem auto}button{font:inherit;padding:.5rem 2rem}"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">'
    text = f"{head}<title>{title}</title><style>{style}</style><h1>{title}</h1>{body}</html>"
    return Answer(status=status, body=text.encode(), content_type="text/html; charset=utf-8")
