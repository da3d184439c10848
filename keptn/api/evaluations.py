"""Stored evaluations, newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from keptn.api import known
from keptn.api.call import Call
from keptn.events import Scope
from keptn.ports import Page
from keptn.records import objects
from keptn.records.side_by_side import side_by_side
from keptn.web import Answer, HttpError, json_answer


def index(call: Call) -> Answer:
    """Of one service in one stage (paged), or the newest of a project, of its stage or of its service."""
    project = known.project(call.path["project"], call.ctx)
    if "stage" in call.path:
        stage = known.stage(project, call.path["stage"], call.ctx)
        service = known.service_in(project, stage, call.path["service"], call.ctx)
        found, token = _page(Scope(project=project, stage=stage, service=service), call)
        return json_answer({"evaluations": found, "nextPageKey": token})
    if call.page_token:
        raise HttpError("say a stage to page through evaluations", status=400)
    return json_answer({"evaluations": _newest(project, call), "nextPageKey": ""})


def _newest(project: str, call: Call) -> list[Mapping[str, object]]:
    """Over stages and services: the names are read of each, the evaluations of the newest alone."""
    stages, service = known.stage_names(project, call.ctx), call.query("service")
    if stage := call.query("stage"):
        stages = [known.stage(project, stage, call.ctx)]
    if service:
        known.service(project, service, call.ctx)
    there = [(name, known.services(project, name, call.ctx)) for name in stages]
    slots = [Scope(project=project, stage=name, service=one) for name, found in there for one in found]
    slots = [slot for slot in slots if service in ("", slot.service)]
    pages = side_by_side(call.ctx.store, lambda slot: _names(slot, call), slots)
    listed = [(slot, name) for slot, page in zip(slots, pages, strict=True) for name in page.names]
    return _read_all(sorted(listed, key=lambda one: one[1].rpartition("/")[2])[: call.page_size], call)


def _page(slot: Scope, call: Call) -> tuple[list[Mapping[str, object]], str]:
    page = _names(slot, call)
    return _read_all([(slot, name) for name in page.names], call), page.next_token


def _read_all(named: Sequence[tuple[Scope, str]], call: Call) -> list[Mapping[str, object]]:
    return [found for found in side_by_side(call.ctx.store, lambda one: _read(*one, call), named) if found]


def _names(slot: Scope, call: Call) -> Page:
    return call.ctx.store.list(objects.evaluations(slot), limit=call.page_size, token=call.page_token)


def _read(slot: Scope, name: str, call: Call) -> Mapping[str, object] | None:
    stored, scope = call.ctx.store.get(name), {"project": slot.project, "stage": slot.stage, "service": slot.service}
    return {**scope, **json.loads(stored.data)} if stored else None
