"""What could not be delivered: why, the event, and sending it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn import events
from keptn.bridge import orders, raw
from keptn.bridge.visit import Visit
from keptn.events import Event
from keptn.records import objects
from keptn.web import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """id: its key. event: the one inside, if it was wrapped for a function. given_up: when the Broker gave it up."""

    id: str
    event: Event
    name: str
    reason: str
    given_up: str
    project: str


def index(visit: Visit) -> Answer:
    """Newest first; those of other projects are left out, so that a page may be short and yet go on."""
    token = visit.query("from")
    found = visit.get("dead-letter", nextPageKey=token)
    letters = [_letter(one) for one in found["deadLetters"]]
    return visit.page("dead_letters.html", letters=letters, token=token, following=found["nextPageKey"])


def show(visit: Visit) -> Answer:
    found = visit.get("dead-letter", visit.path["letter"])
    text, of = raw.shown(raw.of(found["event"]))
    return visit.page("dead_letter.html", letter=_letter(found), text=text, of=of)


def file(visit: Visit) -> Answer:
    """Its event as a file, however long it is."""
    found = visit.get("dead-letter", visit.path["letter"])
    return raw.file(found["event"], name="event.json")


def redeliver(visit: Visit) -> Answer:
    """Post it again, as it first was. Should it fail again, it is a dead letter again."""
    letter = visit.path["letter"]
    return orders.ordered(visit, lambda: visit.post("dead-letter", letter, "redeliver", body={}), "It is sent again.")


def _letter(told: Mapping[str, Any]) -> Letter:
    kept = events.from_dict(told["event"])
    event = events.unwrapped(kept)
    return Letter(
        id=objects.dead_letter_key(kept.time, str(told["id"])),
        event=event,
        name=event.type.removeprefix(events.PREFIX),
        reason=str(told.get("reason") or ""),
        given_up=str(told.get("time") or ""),
        project=event.scope.project,
    )
