"""Problems that a monitor reported, and what was done about each, newest first. Read by the bridge.

Found by the names in the index of events, so that it costs three rounds of reads: names, what was told and the names of
what ran, what ran.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from keptn import events
from keptn.events import Event, Phase
from keptn.ports import ObjectStore
from keptn.records import deliveries, objects
from keptn.records.side_by_side import called, side_by_side

SEQUENCE = "remediation"
AT_ONCE = 999
"""Names of events that are looked through for a page: with the next one a thousand, a bucket's most in one round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """told: the event that reported the problem. ran: the documents of the executions that it brought about."""

    told: Event
    ran: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """next_token: where older events begin; empty if these were the last."""

    repairs: Sequence[Repair]
    next_token: str = ""


def newest(store: ObjectStore, project: str, stages: Sequence[str], *, token: str = "", limit: int = 20) -> Repairs:
    """Those among the next so many events of the project; a page may be empty and yet go on."""
    prefix = objects.index(project)
    page = store.list(prefix, start_offset=token, limit=AT_ONCE + 1)
    types = [events.sequence_type(stage, SEQUENCE, Phase.TRIGGERED) for stage in stages]
    entries = [one for one in page.names[:AT_ONCE] if objects.is_indexed_as(one, types=types)]
    further = "".join([*entries[limit:], *page.names[AT_ONCE:]][:1])
    told = [objects.indexed(entry) for entry in entries[:limit]]
    contexts = list(dict.fromkeys(objects.context_of(entry) for entry in entries[:limit]))
    reads: list[Callable[[], Any]] = [
        *(partial(store.get, name) for name in told),
        *(partial(deliveries.names_of, store, context) for context in contexts),
    ]
    second = called(store, reads)
    found = [events.from_dict(json.loads(stored.data)) for stored in second[: len(told)] if stored]
    names = [name for listed in second[len(told) :] for name in listed]
    documents = deliveries.in_order(side_by_side(store, lambda name: deliveries.read(store, name), names))
    return Repairs(repairs=[_repair(event, documents) for event in found], next_token=further)


def _repair(told: Event, documents: Sequence[Mapping[str, Any]]) -> Repair:
    return Repair(told=told, ran=[one for one in documents if one["context"] == told.context])
