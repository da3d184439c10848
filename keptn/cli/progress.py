"""What to tell a person of a delivery: one line per change, one line per stage, one word at the end. Pure.

A view is what `GET /v1/delivery/<context>` answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keptn.cli.exit_codes import ExitCode, of_result

View = Mapping[str, Any]
FINAL = frozenset({"finished", "aborted", "timedOut", "superseded"})
_ANNOUNCED = {"approval", "evaluation", "deployment", "traffic", "release", "rollback"}
"""Tasks of which there is nothing to say before an executor has: most of them are over at once."""
_LONG = {*_ANNOUNCED, "soak"}
"""Tasks of which a person wants to know what they wait for."""
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


def lines(view: View) -> Iterator[tuple[str, str]]:
    """Everything that can be told so far, each with a key: what was told once is not told again."""
    for execution in executions(view):
        where = f"{execution['stage']:<10} {execution['sequence']:<12}"
        key = f"{execution['stage']}/{execution['id']}"
        for task in execution["tasks"]:
            yield f"{key}/{task['id']}", f"{_clock(task['triggered_at'])}  {where} {_named(task)} …"
            if task["finished_at"]:
                yield f"{key}/{task['id']}/end", f"{_clock(task['finished_at'])}  {where} {_ended(_named(task), task)}"
        if why := held(execution):
            yield f"{key}/wait/{why}", f"          {where} waits: {why}"
        if execution["finished_at"]:
            yield f"{key}/end", f"{_clock(execution['finished_at'])}  {where} {_ended('is over:', execution)}"


def held(execution: Mapping[str, Any]) -> str:
    """Why an execution does not go on, with the time it will; empty while a task is at work."""
    waiting = execution.get("waiting") or {}
    if not waiting.get("why") or (waiting.get("for") and waiting["for"] not in _LONG):
        return ""
    if waiting.get("for") in _ANNOUNCED and not execution["tasks"][-1].get("executors", ["somebody"]):
        return ""
    timed = waiting.get("until") and waiting.get("for") != "evaluation"  # it says itself until when
    until = f" until {waiting['until'][:19].replace('T', ' ')}" if timed else ""
    answer = f"; keptn approve {waiting['id']}" if waiting.get("for") == "approval" else ""
    return f"{waiting['why']}{until}{answer}"


def lanes(view: View) -> Sequence[tuple[str, str]]:
    """Stage by stage, what happened in it: `("dev", "✓ deployment ✓ test … evaluation")`."""
    stages: dict[str, list[str]] = {}
    for execution in executions(view):
        lane = stages.setdefault(execution["stage"], [])
        if execution["sequence"] != "delivery":
            lane.append(f"[{execution['sequence']}]")
        lane.extend(_step(task) for task in execution["tasks"])
        if why := held(execution):
            lane.append(f"({why})")
        elif execution["state"] in {"aborted", "superseded", "timedOut"}:
            lane.append(f"({execution['state']})")
    return [(stage, " ".join(lane) or "waiting") for stage, lane in stages.items()]


def summary(view: View) -> str:
    """The last sentence."""
    what = " ".join(str(part) for part in (view.get("image") or "", view.get("project"), view.get("service")) if part)
    result = f" with result {view['result']}" if view["result"] else ""
    failed = [execution for execution in executions(view) if execution["result"] == "fail" and execution["message"]]
    reasons = [execution["message"] for execution in failed[:1]]
    reasons += [f"{execution['sequence']}: {execution['message']}" for execution in failed[1:][-1:]]
    return "; ".join((f"{what}: {view['state']}{result}" + (f": {reasons[0]}" if reasons else ""), *reasons[1:]))


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
    return text[11:19]
