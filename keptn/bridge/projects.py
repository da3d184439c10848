"""The first page: what runs, what waits for a person and what failed last, of every project at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.api import known
from keptn.api.deliveries import view
from keptn.bridge import looks
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.records import overview, waiting
from keptn.records.overview import Overview
from keptn.sequence.slot import Execution, State
from keptn.web import Answer

_KINDS = {"asks": "wait for a person", "runs": "run", "failed": "failed last"}
"""What the list can be narrowed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """One execution that is open: where, of what, how far."""

    context: str
    service: str
    stage: str
    sequence: str
    image: str
    step: str
    since: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """last: the newest delivery; failed: the newest that is over, if it failed. pinned: stages that a person holds."""

    project: str
    services: int
    runs: Sequence[Going]
    asks: Sequence[Going]
    last: Mapping[str, Any] | None
    failed: Mapping[str, Any] | None
    pinned: Sequence[str]

    def is_one_of(self, kind: str) -> bool:
        return not kind or bool(getattr(self, kind))


def show(visit: Visit) -> Answer:
    projects = [name for name in known.projects(visit.ctx) if visit.may("view", name)]
    found = overview.of_projects(visit.ctx.store, projects)
    rows = [_row(one) for one in found]
    kind, wanted = visit.query("show"), visit.query("q").strip().lower()
    shown = [row for row in rows if row.is_one_of(kind if kind in _KINDS else "") and wanted in row.project.lower()]
    counts = [(key, label, sum(row.is_one_of(key) for row in rows)) for key, label in _KINDS.items()]
    waits = {"approvals": str(sum(waiting.approvals(slot) for one in found for slot in one.slots))}
    return visit.page(
        "projects.html",
        rows=shown,
        all=len(rows),
        counts=counts,
        kind=kind,
        wanted=visit.query("q"),
        known_counts=waits,
    )


def _row(found: Overview) -> Row:
    going = [_going(slot.scope.stage, slot.scope.service, one) for slot in found.slots for one in slot.open]
    views = [view(documents) for documents in found.newest]
    over = next((one for one in views if one["finished_at"]), None)
    return Row(
        project=found.project,
        services=len({slot.scope.service for slot in found.slots}),
        runs=[one for one in going if one.look.kind != "ask"],
        asks=[one for one in going if one.look.kind == "ask"],
        last=views[0] if views else None,
        failed={**over, "why": why(over)} if over and over["result"] == "fail" else None,
        pinned=[f"{slot.scope.service} in {slot.scope.stage}" for slot in found.slots if slot.pin],
    )


def _going(stage: str, service: str, one: Execution) -> Going:
    run = one.open_run
    is_queued = one.state == State.WAITING
    return Going(
        context=one.context,
        service=service,
        stage=stage,
        sequence=one.sequence,
        image=one.image,
        step=one.wait if is_queued else run.name if run else one.sequence,
        since=(run.triggered_at if run else one.triggered_at).isoformat(),
        look=looks.of(one.state),
    )


def why(delivery: Mapping[str, Any]) -> str:
    """The first reason of a delivery that failed."""
    runs = [sequence for stage in delivery["stages"] for sequence in stage["sequences"]]
    return next((run["message"] for run in runs if run["result"] == "fail" and run["message"]), "")
