"""One delivery: its stages, every task with its time, reason and what it waits for, and the events below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn import events
from keptn.api.deliveries import FINAL, view
from keptn.bridge import commits, looking, looks, raw
from keptn.bridge.looks import Look
from keptn.bridge.visit import Visit
from keptn.errors import Unknown
from keptn.events import Event
from keptn.records import deliveries
from keptn.sequence.slot import State
from keptn.web import Answer

MOST_EVENTS, MOST_SHOWN = 200, 100
"""Of its events that are read, the newest, and those of them that are on a page."""
MOST_TASKS, MOST_LINES = 40, 10
"""Of a page, told one by one; and of a task, its executors and objectives."""
RUNNING_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event as its line tells it. name: its type without what all have."""

    event: Event
    name: str
    look: Look | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an evaluation decided, and on which values."""

    stage: str
    result: str
    score: object
    message: str
    look: Look
    indicators: Sequence[Mapping[str, Any]]


def show(visit: Visit) -> Answer:
    context = visit.path["context"]
    documents, found, count = deliveries.with_events(visit.ctx.store, context, limit=MOST_EVENTS)
    if not documents:
        raise Unknown(f"there is no delivery {context!r} (yet); the newest are on the pages of their projects")
    one = view(documents)
    visit.principal.check_project(str(one["project"]))
    return visit.page(
        "delivery.html",
        one=one,
        look=looks.of(one["state"], one["result"]),
        seconds=_looks_again_s(one, visit),
        told=[_told(event) for event in found[-MOST_SHOWN:]],
        count=count,
        shown=_shown(one["stages"], visit.query("stage")),
        verdicts={event.triggered_id: _verdict(event) for event in found if _is_verdict(event)},
        commit_page=commits.base(str(one["project"]), visit.ctx),
        orders=_orders(one),
        task_look=looks.of_task,
        most_lines=MOST_LINES,
    )


def event(visit: Visit) -> Answer:
    """One of its events, whole."""
    context, event_id = visit.path["context"], visit.query("id")
    found = visit.get("event", event_id, keptnContext=context)
    text, of = raw.shown(raw.of(found))
    return visit.page("event.html", context=context, found=found, text=text, of=of)


def event_file(visit: Visit) -> Answer:
    """The same as a file, however long it is."""
    found = visit.get("event", visit.query("id"), keptnContext=visit.path["context"])
    return raw.file(found, name="event.json")


def index(visit: Visit) -> Answer:
    """A project's deliveries, newest first."""
    project, service, token = visit.path["project"], visit.query("service"), visit.query("from")
    found = visit.get("delivery", project=project, service=service, nextPageKey=token, pageSize=20)
    return visit.page(
        "deliveries.html",
        project=project,
        service=service,
        token=token,
        found=found["deliveries"],
        following=found["nextPageKey"],
        runs=any(one["state"] == State.STARTED for one in found["deliveries"]),
    )


def _shown(stages: Sequence[Mapping[str, Any]], wanted: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The sequences that are told of each stage; of those that a page has no room for none.

    First comes the stage that was asked for, then what is open or went wrong, then what is newest.
    """

    def rank(place: int) -> tuple[bool, bool, int]:
        stage = stages[place]
        went_well = stage["state"] in FINAL and stage["result"] != "fail"
        return stage["stage"] != wanted, went_well, -place

    shown, left = dict[str, Sequence[Mapping[str, Any]]](), MOST_TASKS
    for place in sorted(range(len(stages)), key=rank):
        sequences = stages[place]["sequences"]
        told = [one for one, after in zip(sequences, _tasks_from(sequences), strict=True) if after <= MOST_TASKS]
        told = told or [{**sequences[-1], "tasks": sequences[-1]["tasks"][-MOST_TASKS:]}]
        left -= sum(len(one["tasks"]) for one in told)
        if shown and left < 0:
            break
        shown[stages[place]["stage"]] = told
    return shown


def _tasks_from(sequences: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many tasks there are from each of the sequences on."""
    counts = [max(1, len(one["tasks"])) for one in sequences]
    return [sum(counts[place:]) for place in range(len(counts))]


def _orders(one: Mapping[str, Any]) -> set[str]:
    """What it can be told now; the api refuses what would change nothing, in a sentence."""
    sequences = [sequence for stage in one["stages"] for sequence in stage["sequences"]]
    if one["state"] in FINAL:
        return {"rerun"} if any(sequence["result"] == "fail" for sequence in sequences) else set()
    found = {"abort", "resume" if any(run["state"] == State.PAUSED for run in sequences) else "pause"}
    begun = [{task["name"] for task in run["tasks"]} for run in sequences if not run["finished_at"]]
    if any("deployment" in names and "release" not in names for names in begun):
        found.add("promote")
    return found


def _looks_again_s(one: Mapping[str, Any], visit: Visit) -> int:
    """0: only when somebody comes back to the page."""
    if one["state"] in FINAL:
        return 0
    since = [events.utc(waiting["since"]) for waiting in one["waiting"] if waiting.get("since")] or [visit.now]
    running_s = RUNNING_S if one["state"] == State.STARTED else looking.WAITING_S
    return looking.again_s(since, running_s=running_s, now=visit.now)


def _told(event: Event) -> Told:
    return Told(event=event, name=event.type.removeprefix(events.PREFIX), look=looks.of_event(event))


def _is_verdict(event: Event) -> bool:
    parts = events.parse_type(event.type)
    is_end = parts is not None and not parts.stage and parts.name == "evaluation" and event.type.endswith(".finished")
    return is_end and isinstance(event.data.get("evaluation"), Mapping)


def _verdict(event: Event) -> Verdict:
    told = event.data["evaluation"]
    result = str(told.get("result") or event.result)
    return Verdict(
        stage=event.scope.stage,
        result=result,
        score=told.get("score"),
        message=str(event.data.get("message") or ""),
        look=looks.of_result(result),
        indicators=[_indicator(one) for one in told.get("indicatorResults") or () if isinstance(one, Mapping)][
            :MOST_LINES
        ],
    )


def _indicator(told: Mapping[str, Any]) -> Mapping[str, Any]:
    value = events.section(told, "value")
    number = value.get("value")
    return {
        "name": str(value.get("metric") or ""),
        "value": f"{number:.6g}" if isinstance(number, int | float) else "no value",
        "message": str(value.get("message") or ""),
        "key": bool(told.get("keySli")),
        "look": looks.of_result(str(told.get("status") or "")),
    }
