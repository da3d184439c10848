"""Slots as they are stored, for those who only look: the engine itself reads and writes them with their generation."""

from __future__ import annotations

from keptn.events import Scope
from keptn.ports import ObjectStore
from keptn.records import objects
from keptn.sequence import codec
from keptn.sequence.slot import Slot


def read(store: ObjectStore, scope: Scope) -> Slot | None:
    """None where nothing ever ran."""
    stored = store.get(objects.slot(scope))
    return codec.decode(stored.data) if stored else None
