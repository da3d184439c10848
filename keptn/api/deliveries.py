"""Deliveries: listed newest first, and shown whole. `control.py` takes orders for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from keptn import durations
from keptn.api import known
from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.records import deliveries
from keptn.records.side_by_side import side_by_side
from keptn.web import Answer, HttpError, json_answer

FINAL = frozenset({"finished", "aborted", "timedOut", "superseded"})

View = Mapping[str, Any]


def index(call: Call) -> Answer:
    """Of one project in pages, or the newest of all; `unfinished` and `olderThan` find what is stuck."""
    before = _before(call)
    project = call.path.get("project") or call.query("project")
    projects = [known.project(project, call.ctx)] if project else known.projects(call.ctx)
    views, token = _unfinished(projects, before, call) if call.query("unfinished") else _page(projects, before, call)
    if (service := call.query("service")) and not views and not token:
        known.service_of_any(projects, service, call.ctx)
    return json_answer({"deliveries": views[: call.page_size], "nextPageKey": token})


def show(call: Call) -> Answer:
    context = call.path["context"]
    (documents,) = deliveries.histories(call.ctx.store, [context])
    if not documents:
        raise Unknown(f"there is no delivery with the keptn context {context!r} (yet); see keptn get delivery")
    return json_answer(view(documents))


def view(documents: Sequence[View]) -> View:
    """A delivery is not over while what follows from it, a promotion or a rollback, is about to begin."""
    composed = deliveries.compose(documents)
    promoted = deliveries.awaited(documents) if composed["state"] in FINAL else ()
    if not promoted:
        return composed
    waiting = [{**follower, "why": "its start is under way"} for follower in promoted]
    return {**composed, "state": "started", "result": "", "finished_at": "", "waiting": waiting}


def _page(projects: Sequence[str], before: datetime | None, call: Call) -> tuple[Sequence[View], str]:
    """The newest of the projects' lists, read in three rounds: the lists, the names of executions, the executions."""
    alone = len(projects) == 1
    if call.page_token and not alone:
        raise HttpError("say a project to page through deliveries", status=400)
    listed = side_by_side(call.ctx.store, lambda one: _lines(one, before, call, alone=alone), projects)
    lines = sorted((line for found in listed for line in found.lines), key=lambda line: line.when)[: call.page_size]
    return _composed([line.context for line in lines], call), listed[0].next_token if alone else ""


def _lines(project: str, before: datetime | None, call: Call, *, alone: bool) -> deliveries.Lines:
    """Of several projects nobody can ask for the next page, so that of each is looked for until it is full."""
    found, token = list[deliveries.Line](), call.page_token
    while True:
        page = deliveries.lines(
            call.ctx.store,
            project,
            service=call.query("service"),
            limit=call.page_size - len(found),
            token=token,
            before=before,
        )
        found, token = [*found, *page.lines], page.next_token
        if alone or not token or len(found) == call.page_size:
            return deliveries.Lines(lines=found, next_token=token)


def _unfinished(projects: Sequence[str], before: datetime | None, call: Call) -> tuple[Sequence[View], str]:
    """Oldest first."""
    contexts = [c for project in projects for c in deliveries.unfinished(call.ctx.store, project, before=before)]
    found = [one for one in _composed(contexts, call) if call.query("service") in ("", one["service"])]
    return sorted(found, key=lambda one: str(one["time"])), ""


def _composed(contexts: Sequence[str], call: Call) -> Sequence[View]:
    return [view(found) for found in deliveries.histories(call.ctx.store, contexts) if found]


def _before(call: Call) -> datetime | None:
    if not (text := call.query("olderThan")):
        return None
    try:
        return call.ctx.clock.now() - timedelta(seconds=durations.seconds(text))
    except (ValueError, OverflowError) as exc:
        raise HttpError(f"olderThan {text!r} must be a duration, as 30m or 1h", status=400) from exc
