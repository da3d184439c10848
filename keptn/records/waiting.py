"""How much waits for a person, in two rounds of reads: all names, then all objects. Read by the bridge's navigation.

As many reads as there are slots and newest dead letters, never their history.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from keptn.ports import ObjectStore
from keptn.records import dead_letters, deliveries, objects
from keptn.records.side_by_side import called
from keptn.sequence import codec
from keptn.sequence.slot import Slot

MOST_LETTERS = 100
"""Dead letters that are counted, the newest; where there are more, the count says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """By project; a dead letter that is of none stands under the empty name. more: there are older letters."""

    approvals: Mapping[str, int]
    letters: Mapping[str, int]
    more: bool


def counted(store: ObjectStore, *, project: str = "") -> Waiting:
    """project: whose approvals alone; empty: those of all."""
    slots_of = objects.slots(project) if project else objects.SLOTS
    reads: list[Callable[[], list[str]]] = [
        lambda: list(deliveries.names(store, slots_of)),
        lambda: list(store.list(objects.DEAD_LETTERS, limit=MOST_LETTERS + 1).names),
    ]
    slots, letters = called(store, reads)
    counts: list[Callable[[], Counter[str]]] = [
        *(partial(_approvals, store, name) for name in slots),
        *(partial(_letter, store, name) for name in letters[:MOST_LETTERS]),
    ]
    found = called(store, counts)
    return Waiting(
        approvals=sum(found[: len(slots)], Counter()),
        letters=sum(found[len(slots) :], Counter()),
        more=len(letters) > MOST_LETTERS,
    )


def approvals(slot: Slot) -> int:
    """How many ask a person in one slot, as the api's list of approvals has them."""
    return sum(run is not None and run.name == "approval" for run in (one.open_run for one in slot.open))


def _approvals(store: ObjectStore, name: str) -> Counter[str]:
    stored = store.get(name)
    slot = codec.decode(stored.data) if stored else None
    return Counter({slot.scope.project: approvals(slot)} if slot else {})


def _letter(store: ObjectStore, name: str) -> Counter[str]:
    stored = store.get(name)
    return Counter([dead_letters.project_of(json.loads(stored.data))] if stored else [])
