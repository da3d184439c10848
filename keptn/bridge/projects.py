"""The first page: what runs, what waits for a person and what failed last, of every project at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keptn.api import known
from keptn.api.deliveries import view
from keptn.bridge import looking, looks, rendering
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.events import Scope, utc
from keptn.records import overview, waiting
from keptn.records.overview import Overview
from keptn.sequence.slot import Execution, Failure, Slot, State
from keptn.web import Answer

_BY_ITSELF = (State.FINISHED, State.TIMED_OUT)
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
class Failed:
    """What failed last of a project. stage: empty for what was not let in. mended: the like has come out well since."""

    context: str
    service: str
    stage: str
    what: str
    why: str
    at: datetime
    mended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """last: the newest delivery. pinned: stages that a person holds."""

    project: str
    services: int
    runs: Sequence[Going]
    asks: Sequence[Going]
    last: Mapping[str, Any] | None
    failed: Failed | None
    pinned: Sequence[str]

    def is_one_of(self, kind: str) -> bool:
        """A failure counts until it is mended."""
        if kind == "failed":
            return self.failed is not None and not self.failed.mended
        return not kind or bool(getattr(self, kind))


def show(visit: Visit) -> Answer:
    projects = [name for name in known.projects(visit.ctx) if visit.may("view", name)]
    found = overview.of_projects(visit.ctx.store, projects)
    rows = [_row(one) for one in found]
    kind, wanted = visit.query("show"), visit.query("q").strip().lower()
    shown = [row for row in rows if row.is_one_of(kind if kind in _KINDS else "") and wanted in row.project.lower()]
    counts = [(key, label, sum(row.is_one_of(key) for row in rows)) for key, label in _KINDS.items()]
    going = [execution for one in found for slot in one.slots for execution in slot.open]
    waits = {"approvals": str(sum(waiting.approvals(slot) for one in found for slot in one.slots))}
    return visit.page(
        "projects.html",
        rows=shown,
        all=len(rows),
        counts=counts,
        kind=kind,
        wanted=visit.query("q"),
        known_counts=waits,
        seconds=looking.of_executions(going, running_s=5, now=visit.now),
    )


def _row(found: Overview) -> Row:
    going = [_going(slot.scope.stage, slot.scope.service, one) for slot in found.slots for one in slot.open]
    last = view(found.newest) if found.newest else None
    return Row(
        project=found.project,
        services=len({slot.scope.service for slot in found.slots}),
        runs=[one for one in going if one.look.kind != "ask"],
        asks=[one for one in going if one.look.kind == "ask"],
        last=last,
        failed=_failed(found.slots, last),
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


def _failed(slots: Sequence[Slot], last: Mapping[str, Any] | None) -> Failed | None:
    """The slots remember what failed in them; what was not let in is told while it is the newest delivery."""
    failed = [_in_slot(slot.scope, slot.failed) for slot in slots if slot.failed]
    if last and last["result"] == "fail" and last["state"] in _BY_ITSELF:
        failed += [] if last["context"] in {one.context for one in failed} else [_refused(last)]
    return max(failed, key=lambda one: (not one.mended, one.at), default=None)


def _in_slot(scope: Scope, failure: Failure) -> Failed:
    return Failed(
        context=failure.context,
        service=scope.service,
        stage=scope.stage,
        what=rendering.tag(failure.image) if failure.image else failure.sequence,
        why=failure.message,
        at=failure.at,
        mended=failure.mended,
    )


def _refused(delivery: Mapping[str, Any]) -> Failed:
    return Failed(
        context=str(delivery["context"]),
        service=str(delivery["service"]),
        stage="",
        what=rendering.tag(str(delivery["image"])),
        why=why(delivery),
        at=utc(delivery["finished_at"]),
        mended=False,
    )


def why(delivery: Mapping[str, Any]) -> str:
    """The first reason of a delivery that failed."""
    runs = [sequence for stage in delivery["stages"] for sequence in stage["sequences"]]
    return next((run["message"] for run in runs if run["result"] == "fail" and run["message"]), "")
