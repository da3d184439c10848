"""A project's stages as lanes: of each service what is live, what comes, what the gate said, and what holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn import shipyard
from keptn.bridge import looking, looks
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.errors import Refused
from keptn.events import Scope, section
from keptn.ports import ObjectStore
from keptn.records import objects, slots
from keptn.records.side_by_side import side_by_side
from keptn.sequence.freeze import Frozen, frozen
from keptn.sequence.slot import Execution, Slot, State
from keptn.shipyard.model import Shipyard, Stage
from keptn.web import Answer

_TRIAL_PERCENT = 10
"""What blue/green gives a candidate where the shipyard does not say."""
_MOST_CELLS, _MOST_PARTS = 60, 180
"""Of a page: services in stages that are read, and what of them is shown (`Cell.parts`); further services follow."""
_MOST_COMING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One stage. about: what the api says of it. rules: how versions come in, in words."""

    stage: str
    about: Mapping[str, Any]
    comes_from: str
    rules: Sequence[str]
    frozen: Frozen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What stands beside the live version. share: percent of the users; None: it sees none, `sees` says what."""

    execution: Execution
    image: str
    share: int | None
    sees: str
    look: Look
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What the stage before has live, where that is another version."""

    stage: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One service in one stage. coming: what waits before it changes anything. others: what runs beside deliveries."""

    stage: str
    service: str
    slot: Slot
    candidate: Candidate | None
    coming: Sequence[tuple[Execution, Look]]
    gate: Mapping[str, Any] | None
    gate_look: Look
    behind: Behind | None
    may_promote: bool
    may_roll_back: bool

    @property
    def parts(self) -> int:
        """What it takes of a page: what it tells, and its buttons, each with its form."""
        holder = self.candidate.execution if self.candidate else None
        asking = sum(one.state == State.WAITING_FOR_APPROVAL for one in self.slot.open)
        buttons = 2 * asking + self.may_promote + self.may_roll_back + bool(self.slot.live or self.slot.pin)
        return 1 + buttons + len(self.coming) + bool(holder)


def show(visit: Visit) -> Answer:
    project = visit.path["project"]
    found = visit.project(project)
    read, problem = _read(found, project)
    lanes = [_lane(about, read, visit) for about in found["stages"]]
    there = sorted({name for about in found["stages"] for name in about["services"]})
    wanted, start = visit.query("q").strip().lower(), visit.query("from")
    names = [name for name in there if wanted in name]
    asked = [name for name in names if name >= start][: max(1, _MOST_CELLS // max(1, len(lanes)))]
    cells = _that_fit(_cells(project, asked, found["stages"], read, visit))
    going = [one for row in cells.values() for cell in row.values() if cell for one in cell.slot.open]
    return visit.page(
        "environment.html",
        project=project,
        lanes=lanes,
        there=there,
        cells=cells,
        wanted=wanted,
        start=start,
        following=next((name for name in names if cells and name > max(cells)), ""),
        seconds=looking.of_executions(going, running_s=3, now=visit.now),
        problem=problem,
        repository=(found.get("gitCredentials") or {}).get("remoteURL", ""),
    )


def _read(found: Mapping[str, Any], project: str) -> tuple[Shipyard | None, str]:
    """None for a broken one, and what is wrong with it."""
    try:
        read = shipyard.parse(found["shipyard"].encode(), file=f"{project}/shipyard.yaml", name=project)
    except Refused as broken:
        return None, str(broken)
    return read, str(found.get("problem", ""))


def _lane(about: Mapping[str, Any], read: Shipyard | None, visit: Visit) -> Lane:
    name = about["stageName"]
    stage = _stage(read, name)
    comes_from = _comes_from(stage) if stage else ""
    rules = [about.get("deploymentStrategy", ""), about.get("testStrategy", "")]
    asks = f"asks a person on {about['approval']}" if about.get("approval") else ""
    return Lane(
        stage=name,
        about=about,
        comes_from=comes_from,
        rules=[rule for rule in (*rules, asks) if rule],
        frozen=frozen(stage.freeze, visit.now) if stage else None,
    )


def _comes_from(stage: Stage) -> str:
    """The stage whose deliveries go on into this one."""
    triggers = (on for sequence in stage.sequences if sequence.name == "delivery" for on in sequence.triggered_on)
    return next((on.stage for on in triggers if on.stage != stage.name), "")


def _cells(
    project: str, services: Sequence[str], stages: Sequence[Mapping[str, Any]], read: Shipyard | None, visit: Visit
) -> Mapping[str, Mapping[str, Cell | None]]:
    """By service and stage; None where the stage does not have the service."""
    scopes = {
        (name, about["stageName"]): Scope(project=project, stage=about["stageName"], service=name)
        for name in services
        for about in stages
        if name in about["services"]
    }
    found = _found(list(scopes.values()), visit.ctx.store)
    rows: dict[str, dict[str, Cell | None]] = {name: {} for name in services}
    for name in services:
        before: Behind | None = None
        for about in stages:
            stage = about["stageName"]
            scope = scopes.get((name, stage))
            rows[name][stage] = _cell(*found[scope], _stage(read, stage), before) if scope else None
            if scope and (live := found[scope][0].live):
                before = Behind(stage=stage, image=live.image)
    return rows


def _that_fit(rows: Mapping[str, Mapping[str, Cell | None]]) -> Mapping[str, Mapping[str, Cell | None]]:
    """The first of the services, one at least, as many as a page has room for."""
    shown, parts = dict[str, Mapping[str, Cell | None]](), 0
    for name, row in rows.items():
        parts += sum(cell.parts for cell in row.values() if cell)
        if shown and parts > _MOST_PARTS:
            break
        shown[name] = row
    return shown


def _found(scopes: Sequence[Scope], store: ObjectStore) -> Mapping[Scope, tuple[Slot, Mapping[str, Any] | None]]:
    """The slot of each, and its newest evaluation, in two rounds of reads."""
    slots_and_names = side_by_side(store, lambda scope: _slot_or_names(scope, store), [*_twice(scopes)])
    slots, names = slots_and_names[: len(scopes)], slots_and_names[len(scopes) :]
    newest = {scope: name for scope, (_, name) in zip(scopes, names, strict=True) if name}
    stored = dict(zip(newest, side_by_side(store, store.get, newest.values()), strict=True))
    records = {scope: json.loads(one.data) for scope, one in stored.items() if one}
    return {scope: (slot, records.get(scope)) for scope, (slot, _) in zip(scopes, slots, strict=True)}


def _twice(scopes: Sequence[Scope]) -> Iterator[tuple[Scope, bool]]:
    yield from ((scope, False) for scope in scopes)
    yield from ((scope, True) for scope in scopes)


def _slot_or_names(asked: tuple[Scope, bool], store: ObjectStore) -> tuple[Slot, str]:
    """A slot; or the name of the newest evaluation, empty if there is none."""
    scope, evaluation = asked
    if evaluation:
        return Slot(scope=scope), next(iter(store.list(objects.evaluations(scope), limit=1).names), "")
    return slots.read(store, scope) or Slot(scope=scope), ""


def _stage(read: Shipyard | None, name: str) -> Stage | None:
    return read.stage(name) if read and name in read.stage_names else None


def _cell(slot: Slot, gate: Mapping[str, Any] | None, stage: Stage | None, before: Behind | None) -> Cell:
    holder = slot.holder
    candidate = _candidate(slot, holder, stage) if holder else None
    sequences = {sequence.name for sequence in stage.sequences} if stage else set()
    return Cell(
        stage=slot.scope.stage,
        service=slot.scope.service,
        slot=slot,
        candidate=candidate,
        coming=[(one, looks.of(one.state)) for one in slot.open if not one.holds][:_MOST_COMING],
        gate=gate,
        gate_look=looks.of_result(str(gate.get("result", ""))) if gate else looks.NOTHING,
        behind=before if slot.live and before and before.image != slot.live.image else None,
        may_promote=candidate is not None and _waits_for_release(candidate.execution),
        may_roll_back="rollback" in sequences and slot.live is not None and len(slot.history) > 1,
    )


def _candidate(slot: Slot, holder: Execution, stage: Stage | None) -> Candidate:
    deployed = any(run.name == "deployment" and not run.is_open for run in holder.runs)
    strategy = str(section(holder.data, "deployment").get("deploymentstrategy") or "")
    share, sees = _share(holder, strategy, stage, alone=slot.live is None) if deployed else (None, "")
    run = holder.open_run
    return Candidate(
        execution=holder,
        image=holder.image,
        share=share,
        sees=sees,
        look=looks.of(holder.state),
        step=run.name if run else holder.wait or holder.sequence,
    )


def _share(holder: Execution, strategy: str, stage: Stage | None, *, alone: bool) -> tuple[int | None, str]:
    """Percent of the users, or what it sees instead."""
    if any(run.name == "release" and not run.is_open for run in holder.runs) or strategy == "direct":
        return 100, ""
    if (weight := section(holder.data, "traffic").get("weight_percent")) is not None:
        return int(weight), ""
    if strategy == "shadow" and not alone:
        return None, "a copy of the users' requests"
    if strategy in ("dark", "shadow"):
        return None, "no users"
    if strategy == "blue_green":
        return (100 if alone else _trial(stage)), ""
    return None, ""


def _trial(stage: Stage | None) -> int:
    tasks = [task for sequence in stage.sequences for task in sequence.tasks] if stage else []
    said = (task.properties.get("trial_weight_percent") for task in tasks if task.name == "deployment")
    return next((int(percent) for percent in said if percent is not None), _TRIAL_PERCENT)


def _waits_for_release(execution: Execution) -> bool:
    """It has a deployed candidate that is not released yet."""
    begun = {run.name for run in execution.runs}
    return "deployment" in begun and "release" not in begun and execution.state != State.FINISHED
