"""The evaluation of one service in one stage: window, gate file, measurements, verdict, record. Made by `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from keptn import durations, events
from keptn.context import Context
from keptn.errors import NotYet, Unknown
from keptn.evaluation import archive, gate_files, record
from keptn.evaluation import case as cases
from keptn.evaluation.case import Case
from keptn.evaluation.measuring import Measuring
from keptn.evaluation.providers import Providers
from keptn.events import Event, Result
from keptn.ports import Clock, Window
from keptn.quality import against_live, requests
from keptn.quality import window as windows
from keptn.quality.requests import Requests
from keptn.quality.verdict import Evidence, Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the step says. evaluation: the part of the record that travels."""

    result: Result
    message: str
    evaluation: Mapping[str, Any]


def evaluate(task: Event, ctx: Context) -> Outcome:
    """Evaluate, or give the verdict that was already given to this task.

    Raises Refused (no gate file, or a wrong one) and NotYet (the window, or what was measured in it, is not over; or
    too few requests came in it).
    """
    if made := archive.stored(ctx.store, task):
        return _outcome(task, made)
    file = gate_files.find(ctx.config_repo, task.scope, commit=task.git_commit_id)
    if file is None:
        return _without_gate(task, ctx)
    case = cases.of(task, file)
    window = case.hold.window(_now(task, ctx))
    deadline = ctx.clock.now() + timedelta(seconds=ctx.settings.wait_s)
    _await(window.end, ctx.clock, deadline)
    measured = _measured(case, window, ctx, deadline)
    got = requests.counted(file.gate, measured["candidate"], measured.get("live"), needed=case.hold.min_requests)
    if got.too_few and (until := case.hold.next_end(window)):
        left_s = (until - _now(task, ctx)).total_seconds()
        raise NotYet(got.so_far(window, until), after_s=max(left_s, 0.0), news=True)
    return _outcome(task, archive.keep(ctx.store, task, _judged(case, window, measured, got, ctx)))


def _now(task: Event, ctx: Context) -> datetime:
    return events.rung_at(task, ctx.clock.now())


def _measured(case: Case, window: Window, ctx: Context, deadline: datetime) -> Mapping[str, Measured]:
    """By version."""
    providers = Providers(ctx, case.task.scope.project, needs=case.needs)
    measuring = Measuring(providers.named, clock=ctx.clock, deadline=deadline)
    measured = measuring.ask(case.questions(window))
    return {**measured, "candidate": {**case.given, **measured["candidate"]}}


def _judged(
    case: Case, window: Window, measured: Mapping[str, Measured], got: Requests, ctx: Context
) -> Mapping[str, Any]:
    """The record of the evaluation."""
    task, gate = case.task, case.file.gate
    earlier = archive.earlier(ctx.store, task, gate.comparison, own=not case.beside_live)
    evidence = Evidence(candidate=measured["candidate"], live=measured.get("live"), previous=earlier)
    if case.beside_live:
        evidence = against_live.in_place_of_earlier(evidence)
    verdict, notes = gate.judge(evidence), [got.note]
    if case.beside_live:
        notes.append(against_live.told(case.live_name, against_live.comparable(evidence), verdict.objectives))
    if got.too_few:
        verdict, notes = verdict.too_little(got.verdict(window)), []
    return record.of(
        task,
        file=case.file,
        window=window,
        evidence=evidence,
        verdict=verdict,
        versions=case.versions,
        requests=got.count,
        beside_live=case.beside_live,
        notes=notes,
    )


def _await(end: datetime, clock: Clock, deadline: datetime) -> None:
    """Wait for the end of the window: in this request if that is soon, else by a timer."""
    left = (end - clock.now()).total_seconds()
    if left <= 0:
        return
    if end > deadline:
        raise NotYet(f"the evaluation covers the time until {durations.moment(end)}", after_s=left)
    clock.sleep(left)


def _without_gate(task: Event, ctx: Context) -> Outcome:
    """A step of a canary is held all the same."""
    if _own(task).get("optional") is True:
        if task.data.get("traffic"):
            window = windows.of_evaluation(task, beside_live=False).window(_now(task, ctx))
            _await(window.end, ctx.clock, ctx.clock.now() + timedelta(seconds=ctx.settings.wait_s))
        message = "there is no gate file, and the shipyard says that this evaluation is optional"
        return Outcome(result=Result.PASS, message=message, evaluation={**_spent(task), "result": "pass"})
    scope = task.scope
    raise Unknown(
        f"the shipyard asks for an evaluation, but {scope.service!r} has neither {gate_files.PERFSPEC} nor "
        f"{gate_files.SLO} in stage {scope.stage!r}; add one with `keptn add-resource --project={scope.project} "
        f"--stage={scope.stage} --service={scope.service} --resource=YOUR_FILE --resourceUri={gate_files.PERFSPEC}`, "
        "or write `evaluation: optional` in the stage"
    )


def _outcome(task: Event, made: Mapping[str, Any]) -> Outcome:
    evaluation = {**_spent(task), **record.reported(made)}
    return Outcome(result=Result(made["result"]), message=made["message"], evaluation=evaluation)


def _spent(task: Event) -> Mapping[str, Any]:
    """The stage's own settings, and what was counted in one before, emptied.

    A stage's data is merged into the next one's, where they must not hold.
    """
    texts = dict.fromkeys(("timeframe", "start", "end", "min_requests", "longest"), "")
    empty = {"optional": False, **texts, "requests": None}
    return {name: value for name, value in empty.items() if name in _own(task)}


def _own(task: Event) -> Mapping[str, Any]:
    own = task.data.get("evaluation")
    return own if isinstance(own, Mapping) else {"optional": own == "optional"}
