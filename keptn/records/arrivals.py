"""What registries told of, one record per notification and service: what became of it, and why. `keptn get artifact`.

`receive_artifact` and `resolve_artifact` write, the api reads. A record is for people: that it cannot be written never
keeps anything from being delivered.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from keptn.errors import Unavailable
from keptn.events import derived_id, rfc3339
from keptn.ports import ObjectStore
from keptn.records import objects

MOST_SCANNED = 5000
"""Names that a list of one service looks at before it answers with what it has and a token to go on."""
log = logging.getLogger("keptn")


class Outcome(StrEnum):
    """What became of an image."""

    DELIVERED = "delivered"
    SAME = "same"
    """Another tag of an image that is being delivered."""
    WAITING = "waiting"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An image of a service that a registry told of. push: the registry's id of it; time: when keptn heard of it.

    digest, context: of what is delivered. tags: all that the image had in the notification. others: further tags of it,
    and why each was left out.
    """

    project: str
    service: str
    image: str
    push: str
    time: datetime
    outcome: Outcome
    tags: Sequence[str] = ()
    why: str = ""
    digest: str = ""
    context: str = ""
    others: Sequence[Mapping[str, str]] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Arrivals of a project, newest first. next_token: pass it on for the next page; empty at the end."""

    arrivals: Sequence[Mapping[str, Any]]
    next_token: str = ""


def keep(store: ObjectStore, arrival: Arrival) -> None:
    """What became of it: a later word of the same arrival takes the place of the earlier one."""
    document = {**asdict(arrival), "time": rfc3339(arrival.time)}
    try:
        store.put(_name(arrival), json.dumps(document).encode())
    except Unavailable as unavailable:
        log.warning("the arrival of %s is not recorded: %s", arrival.image, unavailable)


def page(store: ObjectStore, project: str, *, service: str = "", limit: int = 20, token: str = "") -> Page:
    """service: only its own; the page is full whatever lies between."""
    wanted, scanned, start = list[str](), 0, token
    prefix = objects.arrivals(project)
    while True:
        found = store.list(prefix, start_offset=start, limit=1000 if service else limit + 1)
        for name in found.names:
            if len(wanted) == limit or scanned == MOST_SCANNED:
                return Page(arrivals=_read(store, wanted), next_token=name)
            scanned += 1
            if service in ("", objects.arrived(name)):
                wanted.append(name)
        if not found.next_token:
            return Page(arrivals=_read(store, wanted))
        start = f"{found.names[-1]}\0"


def _read(store: ObjectStore, names: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    from keptn.records.side_by_side import side_by_side  # noqa: PLC0415 - for who shows a page

    return [json.loads(stored.data) for stored in side_by_side(store, store.get, names) if stored]


def _name(arrival: Arrival) -> str:
    arrival_id = derived_id(arrival.push, arrival.image, arrival.project, arrival.service)
    return objects.arrival(arrival.project, service=arrival.service, arrival_id=arrival_id, time=arrival.time)
