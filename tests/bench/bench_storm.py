"""Many alerts or tags for one service, at once, and one after another on a bucket that takes one write a second a name.

Counted are the events that follow, and what is left when everything has come to rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from tests.bench.installation import Installation, TooMany
from tests.bench.row import Row

EVERY_S = 0.05
"""Between two requests, seconds."""
PER_REQUEST, PER_BODY = 10, 40
PER_DELIVERY = 30
"""Events of a delivery through three stages, but for its artifact and its timers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """count: of alerts or tags. at_once: in one request, or each in one of its own."""

    kind: str
    count: int
    at_once: bool = False

    @property
    def budget(self) -> int:
        return PER_BODY if self.at_once else PER_REQUEST * self.count

    def __str__(self) -> str:
        return f"{self.count} {self.kind} in {'one request' if self.at_once else 'as many requests'}"


STORMS = (
    Storm(kind="tags", count=120, at_once=True),
    Storm(kind="alerts", count=500, at_once=True),
    *(Storm(kind=kind, count=count) for kind in ("tags", "alerts") for count in (10, 100, 1000)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """events: but for those of deliveries that went through all stages, which are no storm's. left: executions still
    open, and dead letters, when nothing is due any more; without an end, 1 at least.
    """

    events: int
    left: int


def rows() -> Iterator[Row]:
    for storm in STORMS:
        found = outcome(storm)
        yield Row(what=f"events after {storm}", measured=found.events, budget=storm.budget)
        yield Row(what="  executions and dead letters left in the end", measured=found.left, budget=0)


def outcome(storm: Storm) -> Outcome:
    """It gives up somewhat above the budget, for it might never come to rest."""
    installation, endless = Installation.with_a_live_version(), False
    if not storm.at_once:
        installation.store.limit_writes(per_second=1)
    installation.most_events = installation.posted + storm.budget * 3 // 2 + 100
    with installation.running():
        try:
            _break_loose(storm, installation)
            installation.rest()
        except TooMany:
            endless = True
    open_ = sum(len(slot.open) for slot in installation.slots())
    left = open_ + sum(installation.counts.dead_letters.values())
    documents = installation.store.inner.list("executions/", limit=100_000).names
    through = sum("/prod.delivery." in name for name in documents) - 1  # but for the live version's
    events = sum(installation.counts.events.values()) - PER_DELIVERY * through
    return Outcome(events=events, left=max(left, int(endless)))


def _break_loose(storm: Storm, installation: Installation) -> None:
    send: Callable[..., object] = installation.push if storm.kind == "tags" else installation.alert
    names = [f"{storm.kind}-{number}" for number in range(storm.count)]
    if storm.at_once:
        send(*names)
        return
    for name in names:
        send(name)
        moment = installation.clock.moment + timedelta(seconds=EVERY_S)
        installation.rest(until=moment)
        installation.clock.move(moment)
