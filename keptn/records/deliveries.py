"""Deliveries as people ask for them: composed from one document per execution. Read by the API, the CLI, the bridge.

Nothing here writes: the documents are `orchestrate`'s. A page of the list costs a page, whatever lies behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from keptn.events import Event, Result, from_dict
from keptn.ports import ObjectStore
from keptn.records import objects
from keptn.records.revtime import reversed_time
from keptn.records.side_by_side import side_by_side
from keptn.sequence import codec
from keptn.sequence.slot import Slot, State

OPEN_STATES = (State.STARTED, State.WAITING_FOR_APPROVAL, State.PAUSED, State.WAITING)
"""What a delivery is while one of its executions is open: the first of these that one of them is in."""
_SAD_STATES = (State.ABORTED, State.TIMED_OUT)
_WORST = (Result.FAIL, Result.WARNING, Result.PASS)
MAX_SCANNED = 5000
"""Names a filtered list looks at before it answers with what it has and a token to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delivery in a list. when: reversed time, smaller is newer."""

    when: str
    context: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Deliveries of a project, newest first. next_token: pass it on for the next page; empty at the end."""

    lines: Sequence[Line]
    next_token: str = ""


def read(store: ObjectStore, name: str) -> dict[str, Any] | None:
    """One JSON object of the store."""
    stored = store.get(name)
    found: dict[str, Any] | None = json.loads(stored.data) if stored else None
    return found


def documents(store: ObjectStore, context: str) -> list[dict[str, Any]]:
    """The documents of all executions of a delivery, in the order in which they were triggered."""
    return in_order(read(store, name) for name in names_of(store, context))


def names_of(store: ObjectStore, context: str) -> list[str]:
    """Of the documents of a delivery."""
    return list(names(store, objects.executions(context)))


def in_order(found: Iterable[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Those that are there, in the order in which they were triggered."""
    return sorted((d for d in found if d), key=lambda d: (d["triggered_at"], d["hops"], d["id"]))


def delivery(store: ObjectStore, context: str) -> dict[str, Any] | None:
    """The delivery of that context: its state, and its stages with their sequences and tasks; None if unknown."""
    found = documents(store, context)
    return compose(found) if found else None


def lines(
    store: ObjectStore,
    project: str,
    *,
    service: str = "",
    limit: int = 20,
    token: str = "",
    before: datetime | None = None,
) -> Lines:
    """A page of a project's deliveries, newest first, from their names alone.

    service: only its own; the page is full whatever lies between. before: only those that began earlier.
    """
    prefix, found = objects.deliveries(project), list[Line]()
    start = token or (f"{prefix}{reversed_time(before)}" if before else "")
    for scanned, name in enumerate(names(store, prefix, start=start, at_once=1000 if service else limit + 1)):
        if len(found) == limit or scanned == MAX_SCANNED:
            return Lines(lines=found, next_token=name)
        when, of, context = objects.listed(name)
        if service in ("", of):
            found.append(Line(when=when, context=context, service=of))
    return Lines(lines=found)


def histories(store: ObjectStore, contexts: Iterable[str]) -> list[list[dict[str, Any]]]:
    """The documents of several deliveries as of `documents`, in two rounds: all names, then all documents."""
    wanted = list(dict.fromkeys(contexts))
    named = side_by_side(store, lambda context: names_of(store, context), wanted)
    found = iter(side_by_side(store, lambda name: read(store, name), [name for one in named for name in one]))
    return [in_order(next(found) for _ in one) for one in named]


def with_events(store: ObjectStore, context: str, *, limit: int) -> tuple[list[dict[str, Any]], list[Event], int]:
    """A delivery's documents, its newest events, oldest first, and how many there are.

    Two rounds of reads: all names, then all objects.
    """
    prefixes = objects.executions(context), objects.events(context)
    of_runs, of_events = side_by_side(store, lambda prefix: list(islice(names(store, prefix), MAX_SCANNED)), prefixes)
    found = side_by_side(store, lambda name: read(store, name), [*of_runs, *of_events[-limit:]])
    events = [from_dict(one) for one in found[len(of_runs) :] if one]
    return in_order(found[: len(of_runs)]), events, len(of_events)


def unfinished(store: ObjectStore, project: str, *, before: datetime | None = None) -> list[str]:
    """Contexts of the deliveries that are open in some slot: as many reads as the project has slots, not history."""
    contexts: dict[str, None] = {}
    for stored in side_by_side(store, store.get, names(store, objects.slots(project))):
        for execution in codec.decode(stored.data).open if stored else ():
            if before is None or execution.root_time < before:
                contexts[execution.context] = None
    return list(contexts)


def slots(store: ObjectStore, project: str) -> list[Slot]:
    """The project's slots: one per stage and service that ever ran something."""
    found = (store.get(name) for name in names(store, objects.slots(project)))
    return [codec.decode(stored.data) for stored in found if stored]


def slots_of(store: ObjectStore, projects: Sequence[str]) -> list[Slot]:
    """Those of several projects, in two rounds: their names, then all of them."""
    listed = side_by_side(store, lambda project: list(names(store, objects.slots(project))), projects)
    found = side_by_side(store, store.get, [name for one in listed for name in one])
    return [codec.decode(stored.data) for stored in found if stored]


def awaited(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Stage and sequence of what these executions have started and what has not begun yet: its event is under way."""
    begun = {document["id"] for document in found}
    started = (follower for document in found for follower in document["followers"])
    return [{key: f[key] for key in ("stage", "sequence")} for f in started if f["id"] not in begun]


def compose(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The delivery that these documents tell of."""
    first = found[0]
    state = _state(found)
    return {
        "context": first["context"],
        "project": first["project"],
        "service": first["service"],
        "image": next((d["image"] for d in found if d["image"]), ""),
        "digest": next((d["digest"] for d in found if d["digest"]), ""),
        "time": first["root_time"],
        "finished_at": "" if state in OPEN_STATES else max(d["finished_at"] for d in found),
        "state": str(state),
        "result": "" if state in OPEN_STATES else _result(found),
        "labels": first["labels"],
        "waiting": [{"stage": d["stage"], "sequence": d["sequence"], **d["waiting"]} for d in found if d["waiting"]],
        "stages": [_stage(name, found) for name in dict.fromkeys(d["stage"] for d in found)],
    }


def _stage(name: str, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    here = [d for d in found if d["stage"] == name]
    state = _state(here)
    return {
        "stage": name,
        "state": str(state),
        "result": "" if state in OPEN_STATES else _result(here),
        "image": next((d["image"] for d in here if d["image"]), ""),
        "digest": next((d["digest"] for d in here if d["digest"]), ""),
        "commit": next((d["commit"] for d in reversed(here) if d["commit"]), ""),
        "sequences": [{key: d[key] for key in d if key not in {"data", "next", "touched"}} for d in here],
    }


def _latest(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last run of each sequence, which is the one that counts: a loop or a rerun may have made good.

    One that found nothing to do (a problem reported again) says nothing about those that ran.
    """
    counting = sorted(found, key=lambda d: bool(d["tasks"]) or d["result"] != Result.PASS)
    return list({(d["stage"], d["sequence"]): d for d in counting}.values())


def _state(found: Sequence[Mapping[str, Any]]) -> State:
    """Open while one execution is; then the saddest end of any sequence's last run."""
    for state in OPEN_STATES:
        if any(d["state"] == state for d in found):
            return state
    states = [State(d["state"]) for d in _latest(found)]
    for state in _SAD_STATES:
        if state in states:
            return state
    return State.FINISHED if State.FINISHED in states else State.SUPERSEDED


def _result(found: Sequence[Mapping[str, Any]]) -> str:
    """The worst result: a rollback that worked does not make the failed delivery good."""
    results = [d["result"] for d in _latest(found)]
    return next((str(worst) for worst in _WORST if worst in results), "")


def names(store: ObjectStore, prefix: str, *, start: str = "", at_once: int = 1000) -> Iterator[str]:
    """All names with the prefix, page after page."""
    token = ""
    while True:
        page = store.list(prefix, start_offset=start, token=token, limit=at_once)
        yield from page.names
        token = page.next_token
        if not token:
            return
