"""The ledger of replies: the first answer to a task is its answer, whoever asks again.

Called by `runtime.py` for every task. A repeat, a duplicate running at the same time, or a run after a lost answer gets
the very event that was first written, so a task has one end. It does not keep the steps' effects from running twice:
those are idempotent by themselves.
"""

from __future__ import annotations

import json

from keptn import events
from keptn.errors import LostRace
from keptn.events import Event
from keptn.ports import ObjectStore
from keptn.records import objects


def given(store: ObjectStore, triggered: Event, *, function: str) -> Event | None:
    """The reply that was given before, or None."""
    return of(store, triggered.id, function=function)


def of(store: ObjectStore, task: str, *, function: str) -> Event | None:
    """The reply to the task of that id, or None."""
    stored = store.get(objects.reply(task, function))
    return events.from_dict(json.loads(stored.data)) if stored else None


def settle(store: ObjectStore, triggered: Event, reply: Event, *, function: str) -> Event:
    """Keep the reply; return the one that counts, which is another's if that was first."""
    try:
        store.put(objects.reply(triggered.id, function), json.dumps(events.to_dict(reply)).encode(), if_generation=0)
    except LostRace:
        return given(store, triggered, function=function) or reply
    return reply
