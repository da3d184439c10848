"""What an action of a runbook leaves to be taken back: when its problem is over, a sequence of its own does that. Pure.

An action is noted when it is triggered, so before it can have changed anything, and forgotten when its answer says that
nothing is left to do. So what died on its way is not forgotten. The answer asks by `action.afterwards`:

    stays       seconds for which it stays when the problem is over
    longest     seconds after which it is taken back, whatever the monitoring says or does not say

The sequence is `<stage>.remediation-end`, which every stage has: it waits for the slot as any other, has an epoch, and
its one task is an `action` that names the one to take back. What fails is tried again, later and later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from keptn import events
from keptn.events import REMEDIATION_END, Phase, Result, Status, sequence_type
from keptn.sequence import kind
from keptn.sequence.limits import MOST_EXECUTORS, REPAIR_AGAIN_S, REPAIR_LONGEST_S
from keptn.sequence.slot import Execution, Rank, Repair, TaskRun
from keptn.sequence.turn import SOURCE, Turn

MOST = 32
"""Repairs of one slot. One more, and the oldest is taken back at once: it is not lost."""
MOST_TRIES = 6
MOST_LETTERS = 64
"""Of an executor's name: an extension's may be anything."""


def begun(turn: Turn, execution: Execution, run: TaskRun) -> None:
    """An action was triggered."""
    if run.name != "action" or execution.sequence == REMEDIATION_END:
        return
    repair = Repair(
        task=run.id,
        context=execution.context,
        mark=kind.leading_mark(execution.data),
        shipyard=execution.shipyard,
        root_time=execution.root_time,
        by=_by(execution.data),
    )
    before = turn.slot.repairs
    if len(before) >= MOST:
        oldest = next((one for one in before if one.latest), before[0])
        _put(turn, oldest, replace(oldest, latest=turn.now))
    turn.change(repairs=(*turn.slot.repairs, repair))


def ended(turn: Turn, execution: Execution, run: TaskRun) -> None:
    """An action is over, however. run: with what its executors said."""
    if execution.sequence == REMEDIATION_END:
        _see_to(turn, execution, run)
        return
    repair = next((one for one in turn.slot.repairs if one.task == run.id), None)
    if repair:
        _put(turn, repair, _kept(repair, run, turn.now))


def over(turn: Turn, marks: tuple[str, ...]) -> None:
    """The monitoring says that these problems are over."""
    for repair in turn.slot.repairs:
        if repair.mark in marks and repair.over_at is None:
            _put(turn, repair, replace(repair, over_at=turn.now))


def due(repair: Repair) -> datetime | None:
    """When it is to be taken back; None while its action is not over."""
    if repair.latest is None or repair.over_at is None:
        return repair.latest
    return min(repair.latest, repair.over_at + timedelta(seconds=repair.stays_s))


def begin(turn: Turn) -> None:
    """Let the sequences in whose time has come."""
    for repair in turn.slot.repairs:
        moment = due(repair)
        if moment and moment <= turn.now:
            _put(turn, repair, None)
            _let_in(turn, repair)


def _let_in(turn: Turn, repair: Repair) -> None:
    why = "the problem is over" if repair.over_at else "its time is over"
    execution = turn.put(
        Execution(
            id=events.derived_id(repair.context, repair.task, REMEDIATION_END, str(repair.tries)),
            context=repair.context,
            sequence=REMEDIATION_END,
            shipyard=repair.shipyard,
            rank=Rank.FOLLOW_UP,
            triggered_at=turn.now,
            root_time=repair.root_time,
            source=SOURCE,
            hops=turn.cause.hops + 2,
            data={"action": {"action": REMEDIATION_END, "name": why, **_of(repair)}},
            manual=False,
        )
    )
    triggered_type = sequence_type(turn.slot.scope.stage, REMEDIATION_END, Phase.TRIGGERED)
    begins = replace(execution, hops=execution.hops - 1)
    turn.emit(begins, triggered_type, execution.data, event_id=execution.id, triggered_id=repair.task)


def _see_to(turn: Turn, execution: Execution, run: TaskRun) -> None:
    """What could not be taken back is tried again, unless a person ended it."""
    action = events.section(execution.data, "action")
    tries = int(action.get("tries") or 0) + 1
    by = action.get("by")
    if run.result != Result.FAIL or run.status == Status.ABORTED or tries > MOST_TRIES:
        return
    again = Repair(
        task=str(action.get("of") or ""),
        context=execution.context,
        mark="",
        shipyard=execution.shipyard,
        root_time=execution.root_time,
        by=tuple(by) if isinstance(by, list | tuple) else (),
        latest=turn.now + timedelta(seconds=REPAIR_AGAIN_S * 2 ** (tries - 1)),
        tries=tries,
    )
    turn.change(repairs=(*turn.slot.repairs, again))


def _of(repair: Repair) -> Mapping[str, Any]:
    return {"of": repair.task, "by": list(repair.by), "tries": repair.tries}


def _by(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Who was asked to act, by name."""
    action = events.section(data, "action")
    listed = action.get("executors")
    entries = [action.get("action"), *(listed if isinstance(listed, list) else ())]
    names = (entry.get("name") if isinstance(entry, Mapping) else entry for entry in entries)
    return tuple(dict.fromkeys(str(name)[:MOST_LETTERS] for name in names if name))[:MOST_EXECUTORS]


def _kept(repair: Repair, run: TaskRun, now: datetime) -> Repair | None:
    """None if there is nothing to take back, and who says so knows it."""
    told = [a.data for a in run.answers if a.finished_at and a.status == Status.SUCCEEDED and a.data is not None]
    asked = list(_asked(told))
    if told and not asked:
        return None
    stays_s = max((_seconds(one.get("stays"), 0.0) for one in asked), default=0.0)
    longest_s = max((_seconds(one.get("longest"), REPAIR_LONGEST_S) for one in asked), default=REPAIR_LONGEST_S)
    return replace(repair, stays_s=stays_s, latest=now + timedelta(seconds=longest_s))


def _asked(told: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for data in told:
        action = data.get("action")
        found = action.get("afterwards") if isinstance(action, Mapping) else None
        if isinstance(found, Mapping):
            yield found


def _seconds(value: object, default_s: float) -> float:
    """An executor of anybody's may have said it."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 366 * 86_400
    return float(value) if known else default_s  # type: ignore[arg-type]


def _put(turn: Turn, before: Repair, after: Repair | None) -> None:
    put = (after,) if after else ()
    turn.change(repairs=tuple(new for one in turn.slot.repairs for new in (put if one == before else (one,))))
