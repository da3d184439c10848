"""Stored evaluations, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from keptn.api import known
from keptn.api.call import Call
from keptn.events import Scope
from keptn.records import objects
from keptn.web import Answer, HttpError, json_answer


def index(call: Call) -> Answer:
    """Of one service in one stage (paged), or of a service in all stages of a project (the newest of each)."""
    project = known.project(call.path["project"], call.ctx)
    if "stage" in call.path:
        stage = known.stage(project, call.path["stage"], call.ctx)
        found, token = _page(project, stage, call.path["service"], call)
        return json_answer({"evaluations": found, "nextPageKey": token})
    if call.page_token:
        raise HttpError("say a stage to page through evaluations", status=400)
    return json_answer({"evaluations": list(_of_stages(project, call)), "nextPageKey": ""})


def _of_stages(project: str, call: Call) -> Iterator[Mapping[str, object]]:
    service, stage = call.query("service"), call.query("stage")
    names = known.stage_names(project, call.ctx)
    for name in [known.stage(project, stage, call.ctx)] if stage else names:
        for found in known.services(project, name, call.ctx):
            if service in ("", found):
                yield from _page(project, name, found, call)[0]


def _page(project: str, stage: str, service: str, call: Call) -> tuple[list[Mapping[str, object]], str]:
    prefix = objects.evaluations(Scope(project=project, stage=stage, service=service))
    page = call.ctx.store.list(prefix, limit=call.page_size, token=call.page_token)
    stored = (call.ctx.store.get(name) for name in page.names)
    scope = {"project": project, "stage": stage, "service": service}
    return [{**scope, **json.loads(item.data)} for item in stored if item], page.next_token
