"""What registries told of: listed newest first, with what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.api import known
from keptn.api.call import Call
from keptn.records import arrivals
from keptn.web import Answer, HttpError, json_answer


def index(call: Call) -> Answer:
    """Of one project in pages, or the newest of all."""
    project = call.query("project")
    projects = [known.project(project, call.ctx)] if project else known.projects(call.ctx)
    if call.page_token and len(projects) != 1:
        raise HttpError("say a project to page through artifacts", status=400)
    pages = [_page(one, call) for one in projects]
    found: Sequence[Mapping[str, Any]] = [arrival for page in pages for arrival in page.arrivals]
    if (service := call.query("service")) and not found:
        known.service_of_any(projects, service, call.ctx)
    newest = sorted(found, key=lambda arrival: str(arrival["time"]), reverse=True)[: call.page_size]
    return json_answer({"artifacts": newest, "nextPageKey": pages[0].next_token if len(projects) == 1 else ""})


def _page(project: str, call: Call) -> arrivals.Page:
    return arrivals.page(
        call.ctx.store, project, service=call.query("service"), limit=call.page_size, token=call.page_token
    )
