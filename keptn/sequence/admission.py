"""How a sequence gets in: `<stage>.<sequence>.triggered` becomes an execution of the slot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from keptn.errors import Unknown
from keptn.events import Result, Status, TypeParts, utc
from keptn.sequence import dispatch, flapping, kind, resolved, tasks, verdicts
from keptn.sequence.aggregate import Outcome
from keptn.sequence.ending import end
from keptn.sequence.limits import LARGEST_DATA
from keptn.sequence.merge import merged
from keptn.sequence.slot import Execution, Problem, Rank, Slot, State
from keptn.sequence.turn import RECENT, SOURCE, Turn
from keptn.shipyard import SequenceDefinition
from keptn.shipyard.model import BUILT_IN_TASKS

STAGE_BOUND = frozenset(BUILT_IN_TASKS)
"""What these tasks found in one stage says nothing about the next: a test window, an address, a score."""
MOST_WAITING = 32
"""Open executions of one slot; artifacts do not count up to it, for newer ones supersede older ones."""


def admit(turn: Turn, parts: TypeParts) -> None:
    """Let the sequence of the event in, or turn it away: then the slot does not change, and it is told why."""
    if turn.facts.known or turn.slot.knows(turn.cause):
        return
    try:
        definition = turn.facts.shipyards[turn.facts.shipyard].stage(parts.stage).sequence(parts.name)
    except Unknown as unknown:
        turn_away(turn, outsider(turn, parts.name), refused(str(unknown)))
        return
    data = _data(turn, definition)
    if kind.is_remediation(definition, data) and turn.cause.source != SOURCE:
        resolved.withdraw(turn)
    rank = Rank.REMEDIATION if kind.is_remediation(definition, data) else Rank.ORDINARY
    execution = _execution(turn, parts.name, data, rank)
    delivers = kind.is_delivery(definition, data)
    if delivers and (younger := _younger(turn, execution)):
        turn_away(turn, execution, dispatch.superseded_by(younger), state=State.SUPERSEDED)
        return
    if outcome := _why_not(turn, execution, delivers=delivers):
        state = State.ABORTED if outcome.status is Status.ABORTED else State.FINISHED
        turn_away(turn, execution, outcome, state=state)
        return
    execution = turn.put(execution)
    if rank is Rank.REMEDIATION:
        _admit_problem(turn, execution)
    elif delivers:
        _supersede_queued(turn, execution)


def turn_away(turn: Turn, execution: Execution, outcome: Outcome, *, state: State = State.FINISHED) -> None:
    """End an execution that never gets in. Its document and its end are all that it leaves, and no slot is written:
    the Broker's redelivery is its outbox.
    """
    fits = len(json.dumps(execution.data)) <= LARGEST_DATA
    aside = Turn(Slot(scope=turn.slot.scope), turn.cause, turn.now, turn.facts)
    end(aside, aside.put(execution if fits else replace(execution, data={})), outcome, state=state)
    turn.aside = aside.slot


def refused(reason: str) -> Outcome:
    return Outcome(result=Result.FAIL, status=Status.ERRORED, message=reason)


def outsider(turn: Turn, sequence: str) -> Execution:
    """An execution of a sequence that may not even exist."""
    return _execution(turn, sequence, _data(turn), Rank.ORDINARY)


def _why_not(turn: Turn, execution: Execution, *, delivers: bool) -> Outcome | None:
    """Why the execution is not let in; None if it is."""
    if turn.facts.aborted:
        return Outcome(result=Result.FAIL, status=Status.ABORTED, message=turn.facts.aborted)
    if execution.rank is Rank.REMEDIATION and (nothing := _nothing_to_do(turn, execution)):
        return Outcome(result=Result.PASS, status=Status.SUCCEEDED, message=nothing)
    if reason := _unfit(turn, execution, delivers=delivers):
        return refused(reason)
    return None


def _unfit(turn: Turn, execution: Execution, *, delivers: bool) -> str:
    if turn.cause.hops > turn.facts.max_hops:
        return tasks.too_long(turn)
    if delivers and turn.facts.rejection and not execution.forced:
        return dispatch.rejected_text(turn, execution, turn.facts.rejection.reason)
    if len(turn.slot.open) >= MOST_WAITING:
        return f"{MOST_WAITING} sequences wait in {turn.slot.scope} already; let them end, or abort some"
    if (size_bytes := len(json.dumps(execution.data))) > LARGEST_DATA:
        return f"the event's data is {size_bytes} bytes, more than {LARGEST_DATA}; send references instead"
    return ""


def _execution(turn: Turn, sequence: str, data: Mapping[str, Any], rank: Rank) -> Execution:
    event = turn.cause
    return Execution(
        id=event.id,
        context=event.context,
        sequence=sequence,
        shipyard=turn.facts.shipyard,
        rank=rank,
        triggered_at=min(event.time, turn.now),
        root_time=min(event.root_time or event.time, turn.now),  # a clock that is ahead must not be newest for ever
        source=event.source,
        hops=event.hops,
        git_commit_id=event.git_commit_id,
        data=data,
        image=kind.image(data),
        digest=kind.digest(data),
        about=_about(turn, data),
        paused=bool(turn.facts.paused),
        wait=turn.facts.paused,
        manual=event.source != SOURCE,
    )


def _data(turn: Turn, definition: SequenceDefinition | None = None) -> dict[str, Any]:
    """The event's data without what belongs to the stage it came from; a manual rollback goes to the version before."""
    event = turn.cause
    if event.source == SOURCE:
        return {key: value for key, value in event.data.items() if key not in STAGE_BOUND}
    if definition and definition.position("rollback") is not None:
        return merged({"rollback": {"to": "previous"}}, event.data)
    return dict(event.data)


def _about(turn: Turn, data: Mapping[str, Any]) -> str:
    """The digest a problem is about: the one it names, else the one that was live when it began."""
    problem = data.get("problem")
    if not isinstance(problem, Mapping):
        return ""
    if named := str(problem.get("digest") or ""):
        return named
    version = turn.slot.live_at(_started(problem) or turn.now)
    return version.digest if version else ""


def _started(problem: Mapping[str, Any]) -> datetime | None:
    try:
        return utc(str(problem["startsAt"])) if problem.get("startsAt") else None
    except ValueError:
        return None


def _younger(turn: Turn, execution: Execution) -> str:
    """What makes this artifact pointless before it gets in; empty if nothing does. In a storm most end here."""
    if not execution.image or execution.forced:
        return ""
    if outdated := dispatch.overtaken_by(turn, execution):
        return outdated
    others = [other for other in turn.slot.open if other.context != execution.context and other.age > execution.age]
    queued = [o for o in others if o.image and not (o.runs or o.touched)]
    younger = next((o for o in queued if kind.is_delivery(turn.definition(o), o.data)), None)
    return dispatch.name_of(younger) if younger else ""


def _nothing_to_do(turn: Turn, execution: Execution) -> str:
    """Why a problem needs no remediation of its own; empty if it does."""
    if kind.is_over(execution.data):
        return f"the problem is over: {kind.title(execution.data)}"
    leading = kind.leading_mark(execution.data)
    known = next((problem for problem in turn.slot.problems if leading and leading in problem.marks), None)
    if known is None:
        return flapping.came_back(turn, execution)
    if not known.execution:
        return f"the problem was over before this came: {kind.title(execution.data)}"
    name = kind.problem_key(execution.data).partition("|")[0]
    return f"the problem {name} is in delivery {known.context} already"


def _admit_problem(turn: Turn, execution: Execution) -> None:
    marks = kind.problem_marks(execution.data)
    problem = Problem(
        marks=marks,
        execution=execution.id,
        context=execution.context,
        name=kind.leading_name(execution.data),
        at=turn.now,
    )
    turn.change(problems=(*turn.slot.problems, problem)[-RECENT:])
    _interrupt(turn, execution)


def _interrupt(turn: Turn, problem: Execution) -> None:
    """End the running delivery at its next task boundary, or now if it only watches or waits."""
    holder = turn.slot.holder
    if holder is None or not kind.is_delivery(turn.definition(holder), holder.data):
        return
    reason = f"ended by a problem in {turn.slot.scope}: {kind.title(problem.data)}"
    verdicts.blame(turn, holder, problem)
    holder = turn.put(replace(holder, stop=reason))
    if holder.open_run and holder.open_run.name in kind.INTERRUPTIBLE:
        outcome = Outcome(result=Result.FAIL, status=Status.ERRORED, message=reason)
        tasks.conclude(turn, holder, outcome, announce=True)


def _supersede_queued(turn: Turn, execution: Execution) -> None:
    """Of two queued artifacts the younger stays."""
    for other in turn.slot.open if execution.image else ():
        if other.context == execution.context or not other.image or other.runs or other.touched:
            continue
        if kind.is_delivery(turn.definition(other), other.data):
            _supersede_older(turn, other, execution)


def _supersede_older(turn: Turn, one: Execution, two: Execution) -> None:
    older, younger = sorted((one, two), key=lambda e: e.age)
    if not turn.find(older.key).ended and not turn.find(younger.key).ended:
        dispatch.supersede(turn, older, by=dispatch.name_of(younger))
