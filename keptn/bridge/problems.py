"""Problems that monitors reported, and the repairs: what was chosen, what was done, whether it helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keptn.bridge import looking, looks
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.events import Event, section, utc
from keptn.records import problems
from keptn.records.problems import Repair
from keptn.sequence.slot import State
from keptn.web import Answer

_WORDS = {"get-action": ("choosing", "chosen"), "action": ("doing", "done"), "evaluation": ("checking", "checked")}
_UNDOING = "taking back", "taken back"
_NOT_DONE: Mapping[str, str] = {"aborted": "left off", "errored": "tried"}
_OUTCOMES = {"pass": "repaired", "warning": "repaired, with a warning", "fail": "not repaired"}
_BY_ITSELF = Look(kind="off", label="over by itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One task, in a word of what it is about a problem."""

    word: str
    task: Mapping[str, Any]
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One report. url: the monitor's own page. others: of the problems told with it. look: how it came out.

    going: since when what is open is as it is.
    """

    event: Event
    title: str
    cause: str
    url: str
    others: Sequence[str]
    look: Look
    steps: Sequence[Step]
    reason: str
    ended: str
    going: Sequence[datetime]


def index(visit: Visit) -> Answer:
    project, token = visit.path["project"], visit.query("from")
    stages = [str(one["stageName"]) for one in visit.project(project)["stages"]]
    found = problems.newest(visit.ctx.store, project, stages, token=token)
    lines = [_line(one) for one in found.repairs]
    going = [one for line in lines for one in line.going]
    seconds = looking.again_s(going, running_s=5, now=visit.now)
    return visit.page(
        "problems.html",
        project=project,
        stages=stages,
        lines=lines,
        token=token,
        following=found.next_token,
        seconds=seconds,
    )


def _line(found: Repair) -> Line:
    told = section(found.told.data, "problem")
    others = [_title(_section(one)) for one in found.told.data.get("problems") or ()]
    title = _title(told)
    repairs = [one for one in found.ran if one["sequence"] == problems.SEQUENCE]
    last = repairs[-1] if repairs else None
    tasks = [task for one in found.ran for task in one["tasks"]]
    is_over = last is not None and bool(last["finished_at"])
    return Line(
        event=found.told,
        title=title or "a problem without a title",
        cause=str(told.get("rootCause") or told.get("problemType") or ""),
        url=str(told.get("ProblemURL") or told.get("problemURL") or ""),
        others=[one for one in others if one and one != title],
        look=_look(last),
        steps=[_step(task, one) for one in found.ran for task in one["tasks"]],
        reason=str(last["message"]) if last and last["message"] not in [task["message"] for task in tasks] else "",
        ended=str(last["finished_at"]) if last and is_over else "",
        going=[utc(one["waiting"]["since"]) for one in found.ran if one["waiting"]]
        or ([] if last else [found.told.time]),
    )


def _look(repair: Mapping[str, Any] | None) -> Look:
    """Of the newest repair: what it came to for the problem, not for the sequence."""
    if repair is None:
        return Look(kind="queue", label="not taken up yet")
    if not repair["finished_at"]:
        look = looks.of(str(repair["state"]))
        return Look(kind=look.kind, label="being repaired") if look.kind == "run" else look
    if repair["state"] != State.FINISHED:
        return looks.of(str(repair["state"]))
    acted = any(task["name"] == "action" and task["finished_at"] for task in repair["tasks"])
    if repair["result"] == "pass" and not acted:
        return _BY_ITSELF
    look = looks.of_result(str(repair["result"]))
    return Look(kind=look.kind, label=_OUTCOMES.get(str(repair["result"]), look.label))


def _step(task: Mapping[str, Any], execution: Mapping[str, Any]) -> Step:
    is_undoing = execution["sequence"] != problems.SEQUENCE and task["name"] == "action"
    name = str(task["name"])
    under_way, over = _UNDOING if is_undoing else _WORDS.get(name, (name, name))
    if task["result"] == "fail" and task["name"] == "action":
        over = _NOT_DONE["errored"]
    word = _NOT_DONE.get(str(task["status"]), over) if task["finished_at"] else under_way
    return Step(word=word, task=task, look=looks.of_task(dict(task)))


def _title(told: Mapping[str, Any]) -> str:
    return str(told.get("ProblemTitle") or told.get("problemTitle") or "")


def _section(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
