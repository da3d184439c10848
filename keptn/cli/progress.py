"""What to tell a person of a delivery: one line per change, one line per stage, one word at the end. Pure.

A view is what `GET /v1/delivery/<context>` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from keptn import durations
from keptn.cli.exit_codes import ExitCode, of_result

View = Mapping[str, Any]
FINAL = frozenset({"finished", "aborted", "timedOut", "superseded"})
INDENT = " " * 11
"""As wide as a time: what has none, or goes on below, begins there."""
_SOON_S = 25.0
"""A task that says nothing for so long is told as a wait; a step waits 20 s for the world before it says so."""
_MARKS = {"pass": "✓", "warning": "!", "fail": "✗"}


def executions(view: View) -> list[Mapping[str, Any]]:
    """The sequences of all stages, in the order in which they were triggered."""
    found = [{**sequence, "stage": stage["stage"]} for stage in view["stages"] for sequence in stage["sequences"]]
    return sorted(found, key=lambda execution: str(execution["triggered_at"]))


def is_over(view: View) -> bool:
    return view["state"] in FINAL


def exit_code(view: View) -> ExitCode:
    """The code of a delivery that is over: what was aborted or superseded could not be done."""
    if view["state"] in {"aborted", "superseded"}:
        return ExitCode.ERROR
    if any(execution["status"] == "errored" for execution in executions(view)) and view["result"] != "pass":
        return ExitCode.ERROR
    return of_result(str(view["result"] or "fail"))


def lines(view: View, *, now: datetime | None = None) -> Iterator[tuple[str, str]]:
    """Everything that can be told so far, each with a key: what was told once is not told again."""
    for execution in executions(view):
        where = f"{execution['stage']:<10} {execution['sequence']:<12}"
        key = f"{execution['stage']}/{execution['id']}"
        for task in execution["tasks"]:
            yield f"{key}/{task['id']}", f"{_clock(task['triggered_at'])}  {where} {_named(task)} …"
            if task["finished_at"]:
                yield f"{key}/{task['id']}/end", f"{_clock(task['finished_at'])}  {where} {_ended(_named(task), task)}"
        if why := held(execution, now=now):
            yield f"{key}/wait/{why}", f"{INDENT}{where} waits: {why}"
            if command := answered_by(execution):
                yield f"{key}/answer/{command}", f"{INDENT}{command}"
        if execution["finished_at"]:
            told = any(task["message"] == execution["message"] for task in execution["tasks"])
            over = {**execution, "message": ""} if told else execution
            yield f"{key}/end", f"{_clock(execution['finished_at'])}  {where} {_ended('is over:', over)}"


def held(
    execution: Mapping[str, Any],
    *,
    now: datetime | None = None,
    told: Callable[[str], str] = durations.moment,
) -> str:
    """Why an execution does not go on, with the time it will; empty while a task is at work.

    now: then also what says nothing for long. told: how a time is.
    """
    waiting = execution.get("waiting") or {}
    at_once = waiting.get("for") in {"", "soak"} or _has_said(execution)
    if not waiting.get("why") or not (at_once or _is_long(waiting, now)):
        return ""
    timed = waiting.get("until") and waiting.get("for") != "evaluation"  # it says itself until when
    until = f" (until {told(waiting['until'])})" if timed else ""
    return f"{waiting['why']}{until}"


def answered_by(execution: Mapping[str, Any]) -> str:
    """The command that lets it go on; on a line of its own, which no terminal wraps."""
    waiting = execution.get("waiting") or {}
    return f"keptn approve {waiting['id']}" if waiting.get("for") == "approval" else ""


def _has_said(execution: Mapping[str, Any]) -> bool:
    """Whether somebody at work on the last task has said what it waits for."""
    at_work = execution["tasks"][-1].get("executors", ()) if execution["tasks"] else ()
    return any(executor["message"] and not executor["finished_at"] for executor in at_work)


def _is_long(waiting: Mapping[str, Any], now: datetime | None) -> bool:
    since = waiting.get("since")
    return bool(now and since and (now - datetime.fromisoformat(since)).total_seconds() > _SOON_S)


def lanes(view: View, *, now: datetime | None = None) -> Sequence[tuple[str, str]]:
    """Stage by stage, what happened in it: `("dev", "✓ deployment ✓ test … evaluation")`."""
    stages: dict[str, list[str]] = {}
    for execution in executions(view):
        lane = stages.setdefault(execution["stage"], [])
        if execution["sequence"] != "delivery":
            lane.append(f"[{execution['sequence']}]")
        lane.extend(_step(task) for task in execution["tasks"])
        if why := held(execution, now=now, told=lambda at: _from(at, now)):
            lane.append(f"({why}{_elapsed(execution['waiting'], now)})")
        elif execution["state"] in {"aborted", "superseded", "timedOut"}:
            lane.append(f"({execution['state']})")
    return [(stage, " ".join(lane) or "waiting") for stage, lane in stages.items()]


def _from(at: str, now: datetime | None) -> str:
    """The moment, and how far it is."""
    away = f", {durations.relative(datetime.fromisoformat(at), now=now)}" if now else ""
    return f"{durations.moment(at)}{away}"


def _elapsed(waiting: Mapping[str, Any], now: datetime | None) -> str:
    if now is None or not waiting.get("since"):
        return ""
    elapsed_s = (now - datetime.fromisoformat(waiting["since"])).total_seconds()
    return f"; for {durations.short(int(max(elapsed_s, 0)))}"


def summary(view: View, *, reasons: bool = True) -> str:
    """The last sentence. reasons: why it failed; where all steps were told, that was told with them."""
    what = " ".join(str(part) for part in (view.get("image") or "", view.get("project"), view.get("service")) if part)
    result = f" with result {view['result']}" if view["result"] else ""
    failed = [execution for execution in executions(view) if execution["result"] == "fail" and execution["message"]]
    why = [execution["message"] for execution in failed[:1]] if reasons else []
    why += [f"{execution['sequence']}: {execution['message']}" for execution in failed[1:][-1:]] if reasons else []
    return "; ".join((f"{what}: {view['state']}{result}" + (f": {why[0]}" if why else ""), *why[1:]))


def _step(task: Mapping[str, Any]) -> str:
    mark = _MARKS.get(task["result"], "✗") if task["finished_at"] else "…"
    return f"{mark} {_named(task)}"


def _named(task: Mapping[str, Any]) -> str:
    """Its name; of a canary's step also what it gives the candidate."""
    share = task.get("share")
    return f"{task['name']} {share['weight_percent']} % ({share['step']}/{share['steps']})" if share else task["name"]


def _ended(what: str, ended: Mapping[str, Any]) -> str:
    outcome = ended["result"] if ended["status"] in {"succeeded", ""} else f"{ended['status']}, {ended['result']}"
    return f"{what} {outcome}" + (f" ({ended['message']})" if ended["message"] else "")


def _clock(text: str) -> str:
    return f"{text[11:19]}Z"
