"""A world in memory for the real engine: a store, a clock that is set by hand, a Broker that delivers in order.

Used by `keptn simulate` and by the engine's tests. Executors do not exist here: their answers are sent by the caller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from keptn import documents, events, orchestration, ticking
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.errors import Unknown
from keptn.events import Event
from keptn.ports import ObjectStore, Tree
from keptn.projects import stages
from keptn.records import deliveries, slots
from keptn.settings import Settings

START = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
"""A Monday morning: no freeze window of a usual kind is in force."""


class ManualClock:
    """Time stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.move(self._now + timedelta(seconds=seconds))

    def move(self, moment: datetime) -> None:
        self._now = max(self._now, moment)


class Collector:
    """The sink: keeps what is posted, in order."""

    def __init__(self) -> None:
        self.posted: deque[Event] = deque()

    def post(self, event: Event) -> None:
        self.posted.append(event)


class _Main:
    """The main branch of every project: the one shipyard."""

    commit = "simulated"

    def __init__(self, text: bytes) -> None:
        self._text = text

    def read(self, path: str) -> bytes | None:
        return self._text if path == "shipyard.yaml" else None

    def list(self, folder: str = "") -> Sequence[str]:
        del folder
        return ["shipyard.yaml"]


class OneShipyard:
    """The part of a config repo that the engine reads. projects: those that exist; None for any."""

    def __init__(self, text: bytes, *, projects: Sequence[str] | None = None) -> None:
        self.text, self._projects = text, projects

    def tree(self, project: str, branch: str) -> Tree:
        if branch != "main" or (self._projects is not None and project not in self._projects):
            raise Unknown(f"there is no project {project!r}; create it with keptn create project")
        return _Main(self.text)

    def branches(self, project: str) -> Sequence[str]:
        """Every stage has its own."""
        del project
        return stages.in_shipyard(documents.load(self.text, file="shipyard.yaml"))


class World:
    """The engine with everything around it. `context` may be given to other handlers too."""

    def __init__(
        self,
        shipyard: str | bytes,
        *,
        store: ObjectStore | None = None,
        projects: Sequence[str] | None = None,
        start: datetime = START,
    ) -> None:
        text = shipyard.encode() if isinstance(shipyard, str) else shipyard
        self.repo, self.clock, self.sink = OneShipyard(text, projects=projects), ManualClock(start), Collector()
        store = store or MemoryStore()
        self._heard: set[str] = set()
        self.context = Context(Settings(), store=store, config_repo=self.repo, clock=self.clock, sink=self.sink)

    def send(self, event: Event) -> list[Event]:
        """Hand the event to the engine and bring home what it posts; return all of that, in order."""
        orchestration.handle(event, self.context)
        return self._delivered()

    def advance(self, seconds: float) -> list[Event]:
        """Let time pass, ringing the timers on the way at their moments."""
        until = self.clock.now() + timedelta(seconds=seconds)
        emitted: list[Event] = []
        while (due := self._next_due()) and due <= until:
            self.clock.move(due)
            ticking.tick(self.context)
            emitted += self._delivered()
        self.clock.move(until)
        return emitted

    def wait(self, seconds: float) -> list[Event]:
        """Let time pass until something is emitted, at most so long."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while (due := self._next_due()) and due <= until:
            self.clock.move(due)
            ticking.tick(self.context)
            if emitted := self._delivered():
                return emitted
        return []

    def is_open(self, task: Event) -> bool:
        """Whether the engine still waits for the end of this task."""
        slot = slots.read(self.context.store, task.scope)
        runs = (execution.open_run for execution in (slot.open if slot else ()))
        return any(run is not None and run.id == task.id for run in runs)

    def states(self, contexts: Sequence[str]) -> Mapping[str, str]:
        """State of each delivery."""
        found = {context: deliveries.delivery(self.context.store, context) for context in contexts}
        return {context: str(delivery["state"]) for context, delivery in found.items() if delivery}

    def _next_due(self) -> datetime | None:
        return self.context.due_timers.next_due()

    def _delivered(self) -> list[Event]:
        """What was posted, as others hear it: an event that is posted once more is the same event."""
        emitted: list[Event] = []
        while self.sink.posted:
            event = self.sink.posted.popleft()
            if event.type == events.TIMER_SET:  # here time itself sees to the timers
                continue
            if event.identity not in self._heard and not event.type.startswith(events.TIMER_PREFIX):
                self._heard.add(event.identity)
                emitted.append(event)
            orchestration.handle(events.unwrapped(event), self.context)
        return emitted
