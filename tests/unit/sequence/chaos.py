"""A world that does all that it is allowed to do: a Broker, a store, two machines and a Git server at their worst.

Events are repeated, reordered and refused for good, answers are lost, processes die between any two effects, writes
race or are told to come later, clocks disagree, alarms get lost behind the Broker, and somebody breaks the shipyard.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from keptn import events, orchestration, ticking
from keptn.adapters.store.memory import MemoryStore
from keptn.adapters.timers.store_wake_up import at
from keptn.context import Context
from keptn.deployment import open_task
from keptn.errors import Late, LostRace, Refused, Unavailable
from keptn.events import Event, Phase, Result, Scope, parse_type, rfc3339
from keptn.ports import Page, StoredObject
from keptn.records import deliveries, objects
from keptn.sequence import codec
from keptn.sequence.slot import Slot
from keptn.sequence.turn import SOURCE
from keptn.settings import Settings
from keptn.simulation.world import START, ManualClock, OneShipyard

MAX_HOPS = 30
ALARM = events.timer_type("orchestrate")
APPROVAL = "sh.keptn.event.approval.triggered"
"""Asked without holding the slot."""


class Crash(BaseException):
    """The process died. No handler may catch it."""


@dataclass
class Plan:
    """What goes wrong, and how often (of each chance). A clean run has none of it.

    lose: an alarm that the Broker took reaches nobody. busy: the store asks to come later. broken: the shipyard on main
    is, while an event is handled that does not begin anything. skew_s: how far the clock's machine is ahead of the
    engine's. refuses: share of events that the Broker never takes; which, depends on their ids alone, so that a clean
    run may have it too.
    """

    random: Random
    crash: float = 0.0
    lie: float = 0.0
    race: float = 0.0
    away: float = 0.0
    repeat: float = 0.0
    lose: float = 0.0
    busy: float = 0.0
    broken: float = 0.0
    skew_s: float = 0.0
    refuses: float = 0.0
    reorder: bool = False

    def happens(self, chance: float) -> bool:
        return chance > 0 and self.random.random() < chance

    def refused(self, event: Event) -> bool:
        return is_trigger(event) and zlib.crc32(event.id.encode()) % 1000 < self.refuses * 1000


def is_trigger(event: Event) -> bool:
    """Whether the engine asks for something: a task, or a sequence of another stage."""
    parts = parse_type(event.type)
    return event.source == SOURCE and parts is not None and parts.phase is Phase.TRIGGERED


def is_task(event: Event) -> bool:
    parts = parse_type(event.type)
    return parts is not None and not parts.stage and parts.phase is Phase.TRIGGERED


class OtherMachine:
    """The clock of another machine."""

    def __init__(self, clock: ManualClock, ahead_s: float) -> None:
        self._clock, self._ahead = clock, timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def move(self, moment: datetime) -> None:
        self._clock.move(moment - self._ahead)

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


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
        if slot and self._chance(self._plan.busy):
            raise Unavailable("429: one write a second to one name")
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
    acted: by slot, the epoch of the last task that a step may have acted on.
    """

    shipyard: str
    plan: Plan
    answer: Callable[[Event], list[Event]]
    posted: dict[str, Event] = field(default_factory=dict)
    queue: list[Event] = field(default_factory=list)
    acted: dict[Scope, int] = field(default_factory=dict)
    nested: int = 0

    def __post_init__(self) -> None:
        self.clock, self.store = ManualClock(START), ChaosStore(self.plan)
        self.store.meanwhile = self._let_another_in
        self.repo = OneShipyard(self.shipyard.encode())
        around = {"store": self.store, "config_repo": self.repo, "sink": self}
        self.context = Context(Settings(max_hops=MAX_HOPS), clock=self.clock, **around)
        self.other = OtherMachine(self.clock, self.plan.skew_s)
        self.clock_context = Context(Settings(), clock=self.other, **around)

    def post(self, event: Event) -> None:
        """The sink's side: taken, refused, or taken by a Broker whose caller dies before it knows."""
        if self._chance(self.plan.away):
            raise Unavailable("the Broker is away")
        if self.plan.refused(event):
            raise Refused("the Broker refused it with 413: too large")
        self.store._may_die()
        if not (event.type == ALARM and self._chance(self.plan.lose)):
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
        if event.id not in self.posted and not event.type.startswith(events.TIMER_PREFIX):
            self.posted[event.id] = event
        if is_task(event):
            self.queue += self.answer(event)

    def _next(self) -> Event:
        return self.queue.pop(self.plan.random.randrange(len(self.queue)) if self.plan.reorder else 0)

    def _deliver(self, event: Event) -> None:
        """A failed delivery comes again; so does one whose answer was lost."""
        try:
            self._handle(event)
            self._act(event)
        except (Crash, Unavailable):
            self.queue.append(event)
        else:
            if self._chance(self.plan.repeat):
                self.queue.append(event)
        self._check_holders()

    def _handle(self, event: Event) -> None:
        if event.type == events.TIMER_SET:
            ticking.announced(event, self.clock_context)
            return
        before, breaks = self.repo.text, self._begins_nothing(event) and self._chance(self.plan.broken)
        self.repo.text = b"stages: [}" if breaks else self.shipyard.encode()
        try:
            orchestration.handle(events.unwrapped(event), self.context)
        finally:
            self.repo.text = before

    def _act(self, task: Event) -> None:
        """A step acts on a task that is open, first or once more, and never after one of a newer holder.

        A trigger may be posted late, by a run that stalled between the slot's write and the post while the slot went
        on: no engine can prevent that, so the steps ask before they change anything.
        """
        if not is_task(task) or task.type == APPROVAL:
            return
        self.store.calm = True
        with suppress(Late):
            open_task.check(task, self.context)
            assert task.epoch >= self.acted.get(task.scope, 0), "a task of an older holder was open after a newer one"
            self.acted[task.scope] = task.epoch
        self.store.calm = False

    def _begins_nothing(self, event: Event) -> bool:
        """Whether no shipyard is to be read for it: it is the engine's own, an answer, or was let in before."""
        parts = parse_type(event.type)
        if event.source == SOURCE or parts is None or not parts.stage:
            return True
        return any(name.endswith(f".{event.id}.json") for name in self.store._all(f"executions/{event.context}/"))

    def _let_another_in(self) -> None:
        """Another instance handles another event while the first is about to write."""
        if self.queue and self.nested < 3:
            self.nested += 1
            try:
                self._deliver(self._next())
            finally:
                self.nested -= 1

    def _ring(self) -> bool:
        """Let the clock tick when its wake-up says so; False when there is none, and then no timer is left either.

        A run may die between writing a timer and announcing it, and its repeat have nothing to wait for (an abort came
        between): that timer is nobody's, and goes with the next tick, whoever causes that.
        """
        stored = MemoryStore.get(self.store, objects.WAKE_UP)
        if stored is None:
            assert not any(slot.alarm for slot in self.store.slots()), "an alarm that nothing wakes the clock for"
            stray = self.context.due_timers.next_due()
            if stray is None:
                return False
            MemoryStore.put(self.store, objects.WAKE_UP, json.dumps({"at": rfc3339(stray)}).encode())
            return True
        self.other.move(at(stored))
        self.other.sleep(0.001)
        with suppress(Crash, Unavailable):  # the next tick goes on
            ticking.tick(self.clock_context)
        return True

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
