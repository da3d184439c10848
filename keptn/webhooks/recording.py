"""What became of one image of one service, as it is recorded for `keptn get artifact`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from keptn.events import Event
from keptn.ports import ObjectStore
from keptn.projects.artifacts import Owner
from keptn.records import arrivals
from keptn.records.arrivals import Arrival
from keptn.webhooks.senders.registries import Ignored, Push

MOST_OTHERS = 20
"""Further tags of a notification that its record names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A push that a service waits for, and why. beside: further tags of it that came in the same notification."""

    owner: Owner
    push: Push
    why: str
    beside: Sequence[Push] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """A push of an image that is being delivered already, under another tag.

    event: of that delivery. tags: those that came now.
    """

    event: Event
    tags: Sequence[str]

    @property
    def why(self) -> str:
        artifact = self.event.data["artifact"]
        return f"it is the same image as {artifact['image']}, which came less than a minute before: one delivery"


Outcome = Event | Same | Ignored | Waiting
"""The event that was posted, whose delivery it is, why there is none, or why there is none yet."""
_WORDS = {
    Event: arrivals.Outcome.DELIVERED,
    Same: arrivals.Outcome.SAME,
    Ignored: arrivals.Outcome.IGNORED,
    Waiting: arrivals.Outcome.WAITING,
}


def event_of(done: Outcome) -> Event | None:
    """What starts its delivery, or started it."""
    return done.event if isinstance(done, Same) else done if isinstance(done, Event) else None


def tags_of(done: Outcome, push: Push) -> Sequence[str]:
    """Those of the image."""
    if isinstance(done, Event):
        return [str(tag) for tag in done.data["artifact"].get("tags", [push.tag])]
    if isinstance(done, Same):
        return done.tags
    beside = done.beside if isinstance(done, Waiting) else ()
    return [push.tag, *(one.tag for one in beside if one.digest and one.digest == push.digest)]


def keep(
    store: ObjectStore,
    owner: Owner,
    push: Push,
    done: Outcome,
    *,
    arrived: datetime,
    others: Mapping[str, str] | None = None,
) -> None:
    """others: tag to why it is not delivered."""
    event = event_of(done)
    left = islice((others or {}).items(), MOST_OTHERS)
    arrivals.keep(
        store,
        Arrival(
            project=owner.project,
            service=owner.service,
            image=str(push),
            push=push.event_id,
            time=arrived,
            tags=tags_of(done, push),
            outcome=_WORDS[type(done)],
            why="" if isinstance(done, Event) else done.why,
            digest=event.data["artifact"]["digest"] if event else push.digest,
            context=event.context if event else "",
            others=[{"tag": tag, "why": why} for tag, why in left],
        ),
    )
