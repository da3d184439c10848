"""One clean delivery through three stages that have a live version each: who was called, what was read and written."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.counting import Counts
from tests.bench.installation import Installation
from tests.bench.row import Row


def rows() -> Iterator[Row]:
    counts = counted()
    yield Row(
        key="invocations",
        what="function invocations, timers and pre-starts included",
        measured=sum(counts.invocations.values()),
        was=102,
        budget=90,
    )
    for name, times in sorted(counts.invocations.items()):
        yield Row(what=f"  of {name}", measured=times)
    yield Row(key="writes", what="writes of the object store", measured=counts.of_store("put"), was=159, budget=120)
    yield Row(key="reads", what="reads of the object store", measured=counts.of_store("get"), was=58, budget=65)
    yield Row(key="lists", what="lists of the object store", measured=counts.of_store("list"), was=3, budget=3)
    yield Row(key="git-reads", what="Git reads", measured=counts.git_reads, was=43, budget=15)
    yield Row(key="git-commits", what="Git commits", measured=counts.git_commits, was=6, budget=6)
    busy, idle = (
        max((n for n, at_rest in counts.slot_writes if at_rest is is_idle), default=0) for is_idle in (False, True)
    )
    yield Row(key="slot-writes", what="writes of a slot by one event, at most", measured=busy, was=2, budget=1)
    yield Row(
        key="slot-writes-idle",
        what="writes of a slot by one event that leaves it idle, at most",
        measured=idle,
        was=2,
        budget=2,
    )
    yield Row(what="events through the Broker", measured=sum(counts.events.values()), was=30)


def counted() -> Counts:
    """Of the second delivery, an hour after the first; it has come to its end everywhere."""
    installation = Installation.with_a_live_version()
    with installation.running():
        installation.push("1.1.0")
        installation.rest()
    live = {slot.scope.stage: slot.live.image for slot in installation.slots()}
    assert live == dict.fromkeys(("dev", "staging", "prod"), "keptn/carts:1.1.0"), live
    assert not installation.counts.dead_letters, installation.counts.dead_letters
    return installation.counts
