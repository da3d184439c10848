"""What became of one image of one service, as it is recorded for `keptn get artifact`."""

from __future__ import annotations

from collections.abc import Mapping
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
    """A push that a service waits for, and why."""

    owner: Owner
    push: Push
    why: str


Outcome = Event | Ignored | Waiting
"""The event that was posted, why there is none, or why there is none yet."""


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
    event = done if isinstance(done, Event) else None
    outcome = arrivals.Outcome.IGNORED if isinstance(done, Ignored) else arrivals.Outcome.WAITING
    left = islice((others or {}).items(), MOST_OTHERS)
    arrivals.keep(
        store,
        Arrival(
            project=owner.project,
            service=owner.service,
            image=str(push),
            push=push.event_id,
            time=arrived,
            outcome=arrivals.Outcome.DELIVERED if event else outcome,
            why="" if isinstance(done, Event) else done.why,
            digest=event.data["artifact"]["digest"] if event else push.digest,
            context=event.context if event else "",
            others=[{"tag": tag, "why": why} for tag, why in left],
        ),
    )
