"""The end of a slot: what runs in it ends, and a tombstone keeps its fence.

A project or service that is made again under its old name goes on with higher epochs, so that what is still under way
from its earlier life is late. Called by `orchestrate` alone; `create-project` and `onboard-service` remove the rest
when they hear that the slots are retired.

    retired/<project>.json      `<stage>/<service>` to epoch and revision
"""

from __future__ import annotations

import json
from typing import Any

from keptn.errors import LostRace
from keptn.events import Scope
from keptn.ports import ObjectStore
from keptn.records import objects
from keptn.sequence import codec
from keptn.sequence.slot import Slot


def successor(store: ObjectStore, scope: Scope) -> Slot:
    """The slot that follows the one that was retired; a new one if there was none."""
    fence = _tombstone(store, scope.project)[0].get(_key(scope))
    return Slot(scope=scope, **fence) if fence else Slot(scope=scope)


def bury(store: ObjectStore, scope: Scope) -> bool:
    """Keep the slot's fence, then delete it; False if it was written meanwhile and has to be retired again."""
    stored = store.get(objects.slot(scope))
    if stored is None:
        return True
    slot = codec.decode(stored.data)
    _keep(store, slot)
    try:
        store.delete(objects.slot(scope), if_generation=stored.generation)
    except LostRace:
        return False
    return True


def _keep(store: ObjectStore, slot: Slot) -> None:
    while True:
        known, generation = _tombstone(store, slot.scope.project)
        before = known.get(_key(slot.scope), {"epoch": 0, "revision": 0})
        fence = {name: max(before[name], getattr(slot, name)) for name in ("epoch", "revision")}
        kept = json.dumps({**known, _key(slot.scope): fence}).encode()
        try:
            store.put(objects.retired(slot.scope.project), kept, if_generation=generation)
        except LostRace:
            continue
        return


def _tombstone(store: ObjectStore, project: str) -> tuple[dict[str, Any], int]:
    stored = store.get(objects.retired(project))
    return (json.loads(stored.data), stored.generation) if stored else ({}, 0)


def _key(scope: Scope) -> str:
    return f"{scope.stage}/{scope.service}"
