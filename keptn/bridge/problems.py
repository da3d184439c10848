"""Problems that monitors reported, and the repairs: what was chosen, what was done, whether it helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.bridge import looks
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.events import Event
from keptn.records import problems
from keptn.records.problems import Repair
from keptn.web import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One report. url: the monitor's own page. others: of the problems told with it. steps: what was done, in order."""

    event: Event
    title: str
    cause: str
    url: str
    others: Sequence[str]
    look: Look
    steps: Sequence[tuple[Mapping[str, Any], Look]]
    reason: str
    ended: str


def index(visit: Visit) -> Answer:
    project, token = visit.path["project"], visit.query("from")
    stages = [str(one["stageName"]) for one in visit.project(project)["stages"]]
    found = problems.newest(visit.ctx.store, project, stages, token=token)
    lines = [_line(one) for one in found.repairs]
    runs = any(line.look.kind in ("run", "ask", "queue") for line in lines)
    return visit.page(
        "problems.html", project=project, stages=stages, lines=lines, token=token, following=found.next_token, runs=runs
    )


def _line(found: Repair) -> Line:
    told = _section(found.told.data.get("problem"))
    others = [_title(_section(one)) for one in found.told.data.get("problems") or ()]
    title = _title(told)
    last = found.ran[-1] if found.ran else None
    runs = [task for one in found.ran for task in one["tasks"]]
    is_open = next((one for one in found.ran if not one["finished_at"]), None)
    return Line(
        event=found.told,
        title=title or "a problem without a title",
        cause=str(told.get("rootCause") or told.get("problemType") or ""),
        url=str(told.get("ProblemURL") or told.get("problemURL") or ""),
        others=[one for one in others if one and one != title],
        look=_look(is_open or last),
        steps=[(task, looks.of_task(task)) for task in runs],
        reason=str(last["message"]) if last and last["message"] not in [task["message"] for task in runs] else "",
        ended="" if is_open or last is None else str(last["finished_at"]),
    )


def _look(document: Mapping[str, Any] | None) -> Look:
    return looks.of(str(document["state"]), str(document["result"])) if document else looks.NOTHING


def _title(told: Mapping[str, Any]) -> str:
    return str(told.get("ProblemTitle") or told.get("problemTitle") or "")


def _section(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
