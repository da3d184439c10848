"""Tasks of an execution: triggered, answered by executors, concluded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from keptn import durations, events
from keptn.events import Event, Phase, Result, Status, task_type
from keptn.sequence import ending, kind, repairs, verdicts
from keptn.sequence.aggregate import Outcome, outcome, so_far
from keptn.sequence.limits import (
    APPROVAL_TIMEOUT_S,
    FINISH_TIMEOUT_S,
    FINISH_TIMEOUTS_S,
    LARGEST_DATA,
    MOST_EXECUTORS,
    START_TIMEOUT_S,
)
from keptn.sequence.merge import merged
from keptn.sequence.slot import Answer, Execution, Share, State, TaskRun
from keptn.sequence.turn import RECENT_TASKS, Turn
from keptn.shipyard import Task


def trigger(turn: Turn, execution: Execution, task: Task) -> None:
    """Send `<task>.triggered`, with everything merged so far and the task's properties under its name."""
    run = TaskRun(
        name=task.name,
        index=execution.next,
        id=events.derived_id(execution.context, execution.id, "task", str(execution.next), task.name),
        triggered_at=turn.now,
        due=turn.now + timedelta(seconds=_timeout_s(task)),
        share=_share(turn, execution, task),
    )
    data = merged(execution.data, {task.name: task.properties} if task.properties else {})
    running = replace(
        execution,
        runs=(*execution.runs, run),
        next=execution.next + 1,
        not_before=None,
        wait="",
        wait_until=None,
        touched=execution.touched or task.name in kind.TOUCHING,
    )
    turn.put(running)
    turn.change(tasks=(*turn.slot.tasks, run.id)[-RECENT_TASKS:])
    repairs.begun(turn, running, run)
    turn.emit(
        running,
        task_type(task.name, Phase.TRIGGERED),
        {**data, "message": ""},
        event_id=run.id,
        extensions={events.KEPTN_TASK: "true", **_strategy(task, data), **_executor(task)},
    )


def _share(turn: Turn, execution: Execution, task: Task) -> Share | None:
    weight = task.properties.get("weight_percent")
    if task.name != "traffic" or not isinstance(weight, int):
        return None
    steps = [place for place, one in enumerate(turn.definition(execution).tasks) if one.name == "traffic"]
    return Share(weight_percent=weight, step=steps.index(execution.next) + 1, steps=len(steps))


def _strategy(task: Task, data: Mapping[str, Any]) -> dict[str, str]:
    """The test strategy, where a Trigger can filter on it: a test in any container hears its own alone."""
    strategy = events.section(data, "test").get("teststrategy") if task.name == "test" else ""
    return {"teststrategy": str(strategy)} if strategy else {}


def _executor(task: Task) -> dict[str, str]:
    """Who carries out a task that has no step of its own, where a Trigger can filter on it."""
    return {events.KEPTN_EXECUTOR: "webhook"} if task.properties.get("webhook") else {}


def answered(turn: Turn, event: Event, *, name: str, phase: Phase) -> None:
    """Take in what an executor says; what belongs to nothing open changes nothing."""
    found = _open_task(turn, event)
    if found is None:
        return
    execution, run = found
    if reason := _misled(event, run, name):
        conclude(turn, execution, Outcome(result=Result.FAIL, status=Status.ERRORED, message=reason), announce=True)
        return
    turn.proven(run.id)
    task = turn.definition(execution).tasks[run.index]
    run = _with_answer(run, event, phase, task=task, turn=turn)
    execution = turn.put(replace(execution, runs=(*execution.runs[:-1], run), hops=max(execution.hops, event.hops)))
    if phase is Phase.FINISHED and _is_complete(run, task):
        _take_results(turn, execution, run)


def _misled(event: Event, run: TaskRun, name: str) -> str:
    """Why the answer cannot be one of this task; empty if it can."""
    if name != run.name:
        return f"{event.source} answered task {run.name!r} with an event of task {name!r}; correct the executor"
    if len(run.answers) >= MOST_EXECUTORS and event.source not in {answer.source for answer in run.answers}:
        return f"more than {MOST_EXECUTORS} executors answered task {run.name!r}; give each one source of its own"
    return ""


def conclude(
    turn: Turn, execution: Execution, result: Outcome, *, announce: bool = False, state: State = State.FINISHED
) -> Execution:
    """End the open task and, when it failed, the execution.

    announce: nobody else said that the task is over, so the engine does. state: of an execution that ends here.
    """
    run = execution.runs[-1]
    turn.proven(run.id)  # nobody is to begin what is over
    over = replace(
        run,
        ended_at=turn.now,
        result=str(result.result),
        status=str(result.status),
        message=result.message,
        answers=tuple(replace(answer, data=None) for answer in run.answers),
    )
    verdict = so_far(execution.result, run.name, result)
    data = {**execution.data, "result": str(verdict.result), "status": str(verdict.status)}
    execution = turn.put(
        replace(
            execution,
            runs=(*execution.runs[:-1], over),
            data=data,
            result=str(verdict.result),
            status=str(verdict.status),
            message=verdict.message,
        )
    )
    if announce:
        _announce(turn, execution, over)
    if run.name == "action":
        repairs.ended(turn, execution, replace(over, answers=run.answers))
    verdicts.judge(turn, execution, over)
    if result.result is Result.FAIL or result.status is Status.ERRORED:
        ending.end(turn, execution, verdict, state=state)
    return execution


def _announce(turn: Turn, execution: Execution, run: TaskRun) -> None:
    said = {"result": run.result, "status": run.status, "message": run.message}
    over_id = events.derived_id(run.id, "finished")
    turn.emit(execution, task_type(run.name, Phase.FINISHED), said, event_id=over_id, triggered_id=run.id)


def _open_task(turn: Turn, event: Event) -> tuple[Execution, TaskRun] | None:
    for execution in turn.slot.open:
        run = execution.open_run
        if run and run.id == event.triggered_id and not 0 < event.epoch < execution.epoch:
            return execution, run
    return None


def _with_answer(run: TaskRun, event: Event, phase: Phase, *, task: Task, turn: Turn) -> TaskRun:
    """The run with one answer more; an executor is known by its source, and what it repeats counts once."""
    answers = {answer.source: answer for answer in run.answers}
    answer = answers.get(event.source) or Answer(source=event.source)
    if answer.finished_at is None and phase is not Phase.FINISHED:
        if phase is Phase.STARTED:
            answer = replace(answer, started_at=answer.started_at or event.time)
        if event.message and (answer.said_at is None or answer.said_at < event.time):
            answer = replace(answer, message=event.message, said_at=event.time)
    elif answer.finished_at is None:
        answer = replace(
            answer,
            finished_at=event.time,
            event_id=event.id,
            data=event.data,
            result=event.result,
            status=event.status,
            message=event.message,
        )
    answers[event.source] = answer
    return replace(run, answers=tuple(answers.values()), due=_due(run, task, phase, turn))


def _due(run: TaskRun, task: Task, phase: Phase, turn: Turn) -> datetime:
    """The first `.started` turns the short wait for somebody into the long one for the end."""
    waits_for_people = run.name in {"approval", "soak"}
    is_first = phase is Phase.STARTED and not any(answer.started_at for answer in run.answers)
    if waits_for_people or task.timeout_s is not None or not is_first:
        return run.due
    default_s = FINISH_TIMEOUTS_S.get(run.name, FINISH_TIMEOUT_S)
    return turn.now + timedelta(seconds=turn.facts.finish_timeouts.get(run.name, default_s))


def _timeout_s(task: Task) -> float:
    if task.name == "soak":
        return durations.seconds(task.properties.get("duration", 0))
    if task.timeout_s is not None:
        return task.timeout_s
    return APPROVAL_TIMEOUT_S if task.name == "approval" else START_TIMEOUT_S


def _is_complete(run: TaskRun, task: Task) -> bool:
    """All that announced themselves (`.started`) have finished, as many as declared.

    An approval needs one answer, and so does a webhook's task: it announces what somebody else answers.
    """
    announced = [answer for answer in run.answers if answer.started_at or answer.finished_at]
    done = [answer for answer in run.answers if answer.finished_at]
    if run.name == "approval" or _executor(task) or any(answer.source == events.DEAD_LETTER_SOURCE for answer in done):
        return True
    return len(done) == len(announced) and len(done) >= (task.executors or 1)


def _take_results(turn: Turn, execution: Execution, run: TaskRun) -> None:
    """Merge what the executors found, by time of their events, so that the order of arrival changes nothing."""
    done = sorted((a for a in run.answers if a.finished_at), key=lambda a: (a.finished_at, a.source))
    data: dict[str, Any] = dict(execution.data)
    for answer in done:
        data = merged(data, answer.data or {})
    result = outcome(done, task=run.name)
    if (size := len(json.dumps(data))) > LARGEST_DATA:
        reason = f"the data after task {run.name!r} is {size} bytes, more than {LARGEST_DATA}; keep references in it"
        result, data = Outcome(result=Result.FAIL, status=Status.ERRORED, message=reason), dict(execution.data)
    if turn.cause.hops > turn.facts.max_hops:
        result = Outcome(result=Result.FAIL, status=Status.ERRORED, message=too_long(turn))
    verdicts.observe(turn, execution, events.section(data, run.name))
    conclude(turn, replace(execution, data=data, git_commit_id=_commit(execution, run, data)), result)


def _commit(execution: Execution, run: TaskRun, data: Mapping[str, Any]) -> str:
    """The commit with which the delivery entered the stage: later tasks read gates, tests and runbooks there."""
    deployed = events.section(data, "deployment").get("gitCommit") if run.name == "deployment" else ""
    return str(deployed or execution.git_commit_id)


def too_long(turn: Turn) -> str:
    """Why a chain of events ends here."""
    return (
        f"{turn.cause.type} is number {turn.cause.hops} in a chain of events, more than {turn.facts.max_hops}; "
        "look for sequences that trigger each other, or raise KEPTN_MAX_HOPS"
    )
