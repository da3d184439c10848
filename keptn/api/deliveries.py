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
from keptn.web import Answer, HttpError, json_answer

_FINAL = frozenset({"finished", "aborted", "timedOut", "superseded"})

View = Mapping[str, Any]


def index(call: Call) -> Answer:
    """Of one project in pages, or the newest of all; `unfinished` and `olderThan` find what is stuck."""
    before, service = _before(call), call.query("service")
    project = call.path.get("project") or call.query("project")
    projects = [known.project(project, call.ctx)] if project else known.projects(call.ctx)
    found, token = _unfinished(projects, before, call) if call.query("unfinished") else _page(projects, before, call)
    fitting = [_view(view, call) for view in found if service in ("", view["service"])]
    return json_answer({"deliveries": fitting[: call.page_size], "nextPageKey": token})


def show(call: Call) -> Answer:
    return json_answer(_known(call))


def _known(call: Call) -> View:
    context = call.path["context"]
    if found := deliveries.delivery(call.ctx.store, context):
        return _view(found, call)
    raise Unknown(f"there is no delivery with the keptn context {context!r} (yet); see keptn get delivery")


def _view(found: View, call: Call) -> View:
    """A delivery is not over while the event that promotes it is under way."""
    if found["state"] not in _FINAL:
        return found
    promoted = deliveries.awaited(deliveries.documents(call.ctx.store, found["context"]))
    if not promoted:
        return found
    waiting = [{**follower, "why": "its start is under way"} for follower in promoted]
    return {**found, "state": "started", "result": "", "finished_at": "", "waiting": waiting}


def _page(projects: Sequence[str], before: datetime | None, call: Call) -> tuple[Sequence[View], str]:
    store, limit = call.ctx.store, call.page_size
    if len(projects) == 1:
        page = deliveries.deliveries(store, projects[0], limit=limit, before=before, token=call.page_token)
        return page.deliveries, page.next_token
    if call.page_token:
        raise HttpError("say a project to page through deliveries", status=400)
    pages = [deliveries.deliveries(store, project, limit=limit, before=before) for project in projects]
    found = [view for page in pages for view in page.deliveries]
    return sorted(found, key=lambda view: str(view["time"]), reverse=True), ""


def _unfinished(projects: Sequence[str], before: datetime | None, call: Call) -> tuple[Sequence[View], str]:
    found = (deliveries.unfinished(call.ctx.store, project, before=before) for project in projects)
    return [view for views in found for view in views], ""


def _before(call: Call) -> datetime | None:
    if not (text := call.query("olderThan")):
        return None
    try:
        return call.ctx.clock.now() - timedelta(seconds=durations.seconds(text))
    except (ValueError, OverflowError) as exc:
        raise HttpError(f"olderThan {text!r} must be a duration, as 30m or 1h", status=400) from exc
