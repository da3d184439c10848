"""A Broker and a store that do all that they are allowed to do: repeat, reorder, lose answers, die, race."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from keptn import events, orchestration, ticking
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import LostRace, Unavailable
from keptn.events import Event, Phase, Result, parse_type
from keptn.ports import Page, StoredObject
from keptn.records import deliveries, objects
from keptn.sequence import Slot, codec
from keptn.settings import Settings
from keptn.simulation.world import START, ManualClock, OneShipyard

MAX_HOPS = 30


class Crash(BaseException):
    """The process died. No handler may catch it."""


@dataclass
class Plan:
    """What goes wrong, and how often (of each chance). A clean run has none of it."""

    random: Random
    crash: float = 0.0
    lie: float = 0.0
    race: float = 0.0
    away: float = 0.0
    repeat: float = 0.0
    reorder: bool = False

    def happens(self, chance: float) -> bool:
        return chance > 0 and self.random.random() < chance


class ChaosStore(MemoryStore):
    """Dies before or after any effect, reports wins as losses, lets others in just before a write."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self.meanwhile: Callable[[], None] = lambda: None
        self.calm = False

    def get(self, name: str) -> StoredObject | None:
        if name.startswith("executions/") and self._chance(self._plan.race):
            self.meanwhile()
        return super().get(name)

    def put(self, name: str, data: bytes, *, if_generation: int | None = None) -> int:
        slot = name.startswith("slots/")
        self._may_die()
        if self._chance(self._plan.race):
            self.meanwhile()
        generation = super().put(name, data, if_generation=if_generation)
        self._may_die()
        if slot and self._chance(self._plan.lie):
            raise LostRace("told a lie about a write that was won")
        return generation

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        self._may_die()
        super().delete(name, if_generation=if_generation)
        self._may_die()

    def slots(self) -> list[Slot]:
        return [self._slot(name) for name in self._all("slots/")]

    def documents(self) -> list[dict]:
        return [json.loads(self._object(name).data) for name in self._all("executions/")]

    def _slot(self, name: str) -> Slot:
        return codec.decode(self._object(name).data)

    def _object(self, name: str) -> StoredObject:
        stored = MemoryStore.get(self, name)
        assert stored
        return stored

    def _all(self, prefix: str) -> list[str]:
        page: Page = MemoryStore.list(self, prefix, limit=100_000)
        return list(page.names)

    def _may_die(self) -> None:
        if self._chance(self._plan.crash):
            raise Crash

    def _chance(self, chance: float) -> bool:
        return not self.calm and self._plan.happens(chance)


@dataclass
class Broker:
    """Delivers every event to the engine and to the executors, at least once, in some order.

    answer: what the executors of a task say, by the task's event. posted: what the engine said, first time first.
    """

    shipyard: str
    plan: Plan
    answer: Callable[[Event], list[Event]]
    posted: dict[str, Event] = field(default_factory=dict)
    queue: list[Event] = field(default_factory=list)
    nested: int = 0

    def __post_init__(self) -> None:
        self.clock, self.store = ManualClock(START), ChaosStore(self.plan)
        self.store.meanwhile = self._let_another_in
        self.context = Context(
            Settings(max_hops=MAX_HOPS),
            store=self.store,
            config_repo=OneShipyard(self.shipyard.encode()),
            clock=self.clock,
            sink=self,
        )

    def post(self, event: Event) -> None:
        """The sink's side: taken, refused, or taken by a Broker whose caller dies before it knows."""
        if self._chance(self.plan.away):
            raise Unavailable("the Broker is away")
        self.store._may_die()
        if event.type.startswith(events.TIMER_PREFIX):
            self.queue.append(events.from_dict(event.data["event"]))
        else:
            self._accept(event)
        self.store._may_die()

    def run(self, arriving: list[Event]) -> None:
        """Deliver all that arrives and all that follows, until nothing is left to do."""
        for event in arriving:
            self._accept(event)
        for _ in range(20_000):
            if self.queue:
                self._deliver(self._next())
            elif not self._ring():
                return
        raise AssertionError("the engine never comes to rest")

    def _accept(self, event: Event) -> None:
        self.queue.append(event)
        parts = parse_type(event.type)
        if event.id not in self.posted:
            self.posted[event.id] = event
        if parts and not parts.stage and parts.phase is Phase.TRIGGERED:
            self.queue += self.answer(event)

    def _next(self) -> Event:
        return self.queue.pop(self.plan.random.randrange(len(self.queue)) if self.plan.reorder else 0)

    def _deliver(self, event: Event) -> None:
        """A failed delivery comes again; so does one whose answer was lost."""
        try:
            orchestration.handle(event, self.context)
        except (Crash, Unavailable):
            self.queue.append(event)
        else:
            if self._chance(self.plan.repeat):
                self.queue.append(event)
        self._check_holders()

    def _let_another_in(self) -> None:
        """Another instance handles another event while the first is about to write."""
        if self.queue and self.nested < 3:
            self.nested += 1
            try:
                self._deliver(self._next())
            finally:
                self.nested -= 1

    def _ring(self) -> bool:
        """Let the next alarm ring; False when there is none. It finds only what got lost on the way."""
        self.store.calm = True
        timers = self.context.timers
        due = timers.next_due()
        if due is not None:
            self.clock.move(due)
            ticking.tick(self.context)
        self.store.calm = False
        return due is not None

    def _chance(self, chance: float) -> bool:
        return not self.store.calm and self.plan.happens(chance)

    def _check_holders(self) -> None:
        for slot in self.store.slots():
            assert sum(execution.holds for execution in slot.open) <= 1, "two executions hold one slot"

    # --- what came out --------------------------------------------------------------------------------------------
    def said(self) -> set[tuple[str, ...]]:
        """The events of the engine, as far as an order that is not determined cannot change them."""
        return {
            (e.type, e.id, e.triggered_id, e.context, e.result, e.status, json.dumps(e.data.get("x"), sort_keys=True))
            for e in self.posted.values()
            if e.source == "keptn/orchestrate"
        }

    def ends(self) -> dict[str, tuple[str, str, str]]:
        return {d["id"]: (d["state"], d["result"], d["status"]) for d in self.store.documents()}

    def deliveries(self) -> dict[str, str]:
        contexts = {d["context"] for d in self.store.documents()}
        return {c: str((deliveries.delivery(self.store, c) or {})["state"]) for c in contexts}

    def named(self, object_name: str) -> bool:
        return self.store.get(object_name) is not None

    def slot(self, event: Event) -> Slot:
        return self.store._slot(objects.slot(event.scope))


def finished(task: Event, *, source: str, result: str, **payload: object) -> Event:
    """An executor's answer; its time is its own, not that of the Broker."""
    return events.finished(task, source=source, now=START, result=Result(result), payload=payload)
