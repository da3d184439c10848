"""One transition under way: a working copy of the slot, and what is collected while the rules change it.

Lives inside `step` only; from outside the engine is a pure function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keptn import events
from keptn.events import Event
from keptn.sequence.slot import Execution, Pending, Rejection, Slot
from keptn.shipyard import SequenceDefinition, Shipyard, Stage

SOURCE = "keptn/orchestrate"
"""CloudEvents source of everything the engine says."""
RECENT = 32
"""How many ended executions and verdicts a slot remembers by itself; older ones are found by their objects."""
RECENT_TASKS = 48
"""How many task ids a slot remembers: a late or repeated answer to one of them is looked for nowhere else."""
REPEAT_S, REPEAT_GRID_S = 30.0, 10.0
"""After so long what nothing proves to be done is done once more; on a grid, so that runs that race share a timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the caller looked up for this event, so that the rules need no I/O.

    shipyards: by hash, at least those of the open executions. shipyard: hash for a new execution. known: the sequence
    of this event was let in before. rejection: a verdict against the event's digest in this stage. paused, aborted:
    why the event's context is held or over, empty if it is not. subject: the ended execution that a `rerun` repeats, as
    it was recorded. finish_timeouts: seconds that a task may take once it was started, where it is not the default.
    ringing: timers of alarms that are not known to have done what they took over.
    """

    shipyards: Mapping[str, Shipyard] = field(default_factory=dict)
    shipyard: str = ""
    rejection: Rejection | None = None
    known: bool = False
    paused: str = ""
    aborted: str = ""
    subject: Mapping[str, Any] | None = None
    max_hops: int = 255
    finish_timeouts: Mapping[str, float] = field(default_factory=dict)
    ringing: frozenset[str] = frozenset()


class Turn:
    """The slot as it becomes. `cause` is the event that is handled.

    aside: a slot that is never stored, with what a sequence leaves behind that is not let in; None if there is none.
    """

    def __init__(self, slot: Slot, cause: Event, now: datetime, facts: Facts) -> None:
        self.slot, self.cause, self.now, self.facts = slot, cause, now, facts
        self.retires = False  # what ends because its service is deleted is followed by nothing
        self.aside: Slot | None = None

    def change(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Slot
        self.slot = replace(self.slot, **changes)

    def find(self, key: str) -> Execution:
        return next(e for e in self.slot.executions if e.key == key)

    def put(self, execution: Execution) -> Execution:
        """Add or replace the execution; its document is to be written when it changed."""
        others = {e.key: e for e in self.slot.executions}
        if others.get(execution.key) != execution:
            others[execution.key] = execution
            elsewhere = tuple(one for one in self.slot.pending if one.execution != execution.key)
            self.change(executions=tuple(others.values()), pending=elsewhere)
            self._add(execution=execution.key)
        return execution

    def definition(self, execution: Execution) -> SequenceDefinition:
        return self.stage(execution).sequence(execution.sequence)

    def stage(self, execution: Execution) -> Stage:
        return self.shipyard(execution).stage(self.slot.scope.stage)

    def shipyard(self, execution: Execution) -> Shipyard:
        return self.facts.shipyards[execution.shipyard]

    def emit(
        self,
        execution: Execution,
        event_type: str,
        data: Mapping[str, Any],
        *,
        event_id: str,
        triggered_id: str = "",
        stage: str = "",
        extensions: Mapping[str, str] | None = None,
    ) -> None:
        """Have an event of the execution's context posted. stage: of the event, where it is not this slot's."""
        scope = self.slot.scope
        event = Event(
            type=event_type,
            id=event_id,
            source=SOURCE,
            time=self.now,
            data={**data, "project": scope.project, "stage": stage or scope.stage, "service": scope.service},
            context=execution.context,
            triggered_id=triggered_id,
            git_commit_id=execution.git_commit_id,
            epoch=execution.epoch,
            hops=execution.hops + 1,
            root_time=execution.root_time,
            extensions=extensions or {},
        )
        self._add(event=event)

    def proven(self, event_id: str) -> None:
        """An event that was answered, or that nobody needs any more, is not posted again."""
        self.change(pending=tuple(p for p in self.slot.pending if p.event is None or p.event.id != event_id))

    def reject(self, rejection: Rejection) -> None:
        """Remember a verdict against a digest, once."""
        if rejection.digest and rejection.digest not in {known.digest for known in self.slot.rejected}:
            self.change(rejected=(*self.slot.rejected, rejection)[-RECENT:])
            self._add(verdict=rejection)

    def see_to_pending(self, timer: str) -> None:
        """What nothing has proven is done once more, with this alarm; what an earlier one has done again is dropped."""
        due = self._repeat_at()
        kept = []
        for one in self.slot.pending:
            if one.due > self.now:
                kept.append(one)
            elif not one.again:
                kept.append(replace(one, cause=self.cause.identity, due=due, again=timer))
            elif one.again in self.facts.ringing:
                kept.append(replace(one, due=due))
        self.change(pending=tuple(kept))

    def _add(self, **what: Any) -> None:  # noqa: ANN401 - one of the fields of Pending
        one = Pending(cause=self.cause.identity, due=self._repeat_at(), **what)
        self.change(pending=(*self.slot.pending, one))

    def _repeat_at(self) -> datetime:
        return on_grid(self.now + timedelta(seconds=REPEAT_S))


def on_grid(moment: datetime) -> datetime:
    """The next moment of the grid, or this one if it is on it."""
    since = moment.timestamp()
    return datetime.fromtimestamp(math.ceil(since / REPEAT_GRID_S) * REPEAT_GRID_S, UTC)


def finished_id(execution: Execution) -> str:
    """The id of the event that ends an execution: known before it exists, the same whoever computes it."""
    return events.derived_id(execution.context, execution.id, "finished")
