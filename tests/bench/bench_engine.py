"""`orchestrate` on the embedded store: time per event, whatever lies behind it; and the size of a slot."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from keptn import events, orchestration
from keptn.adapters.store.sqlite import SqliteStore
from keptn.events import Event, Result, Scope
from keptn.records import objects
from keptn.simulation.world import World
from tests.bench.row import Row

EARLY, LATE = 2_000, 20_000
SAMPLE = 200
"""Deliveries that are timed."""
BUDGET_MS = 1.0
BUDGET_GROWTH = 1.1
BUDGET_BYTES = 64 * 1024.0
SHIPYARD = """\
stages:
- {name: dev, deployment_strategy: dark, evaluation: none}
- {name: prod, deployment_strategy: blue_green, remediation_strategy: none}
"""
SCOPE = Scope(project="sockshop", stage="dev", service="carts")


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(SqliteStore(Path(folder) / "store.sqlite"))
        bench.deliver(EARLY)
        early = bench.timed(SAMPLE)
        yield Row(what=f"median of an event after {EARLY} deliveries, ms", measured=early, was=0.65, budget=BUDGET_MS)
        bench.deliver(LATE - EARLY - SAMPLE)
        late = bench.timed(SAMPLE)
        yield Row(what=f"median of an event after {LATE} deliveries, ms", measured=late, budget=BUDGET_MS)
        growth = f"events handled with {LATE} past deliveries against {EARLY}, ratio"
        yield Row(what=growth, measured=late / early, was=0.96, budget=BUDGET_GROWTH)
        size = float(bench.largest_slot())
        yield Row(what="largest slot with a queue and large data, bytes", measured=size, budget=BUDGET_BYTES)


class _Bench:
    """Sends deliveries through the handler into the same slots, each to its end."""

    def __init__(self, store: SqliteStore) -> None:
        self._world, self._count = World(SHIPYARD, store=store), 0
        self._times: list[float] = []

    def deliver(self, count: int) -> None:
        for _ in range(count):
            self._count += 1
            self._handle(self._artifact(self._count))
            self._run()

    def timed(self, count: int) -> float:
        """Median over the single events of so many deliveries, milliseconds."""
        self._times.clear()
        self.deliver(count)
        return statistics.median(self._times) * 1000

    def largest_slot(self) -> int:
        """A running delivery, its failed twin's rollback, approvals and a queue, with 30 kB of data each."""
        large = {
            "evaluation": {"indicatorResults": [{"metric": f"m{n}", "value": n, "text": "x" * 80} for n in range(250)]}
        }
        sizes = []
        for number in range(8):
            self._count += 1
            artifact = self._artifact(self._count)
            sequence = "evaluation" if number % 2 else "delivery"
            named = artifact.type.replace("delivery", sequence)
            self._handle(
                events.from_dict({**events.to_dict(artifact), "type": named, "data": {**artifact.data, **large}})
            )
            stored = self._world.context.store.get(objects.slot(SCOPE))
            sizes.append(len(stored.data) if stored else 0)
        return max(sizes)

    def _run(self) -> None:
        posted = self._world.sink.posted
        while posted:
            event = posted.popleft()
            self._handle(event)
            parts = events.parse_type(event.type)
            if parts and not parts.stage:
                done = events.finished(event, source="bench", now=self._world.clock.now(), result=Result.PASS)
                self._handle(done)

    def _handle(self, event: Event) -> None:
        begin = time.perf_counter()
        orchestration.handle(event, self._world.context)
        if event.source == "bench":  # its own words come back and change nothing: they would only flatter the median
            self._times.append(time.perf_counter() - begin)

    def _artifact(self, number: int) -> Event:
        self._world.clock.sleep(60)
        image = f"carts:0.{number}"
        data = {"project": SCOPE.project, "stage": SCOPE.stage, "service": SCOPE.service}
        artifact = {"configurationChange": {"values": {"image": image}}, "artifact": {"image": image, "digest": image}}
        return Event(
            type="sh.keptn.event.dev.delivery.triggered",
            id=f"artifact-{number}",
            source="bench",
            time=self._world.clock.now(),
            context=f"context-{number}",
            data={**data, **artifact},
        )
