"""The evaluation of one service in one stage: window, gate file, measurements, verdict, record. Made by `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from keptn.context import Context
from keptn.errors import NotYet, Unknown
from keptn.evaluation import archive, delivered, gate_files, record
from keptn.evaluation.gate_files import GateFile
from keptn.evaluation.measuring import Measuring, Question, Subject
from keptn.evaluation.providers import Providers
from keptn.events import Event, Result
from keptn.ports import Clock, Window
from keptn.quality import window as windows
from keptn.quality.verdict import Evidence, Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the step says. evaluation: the part of the record that travels."""

    result: Result
    message: str
    evaluation: Mapping[str, Any]


def evaluate(task: Event, ctx: Context) -> Outcome:
    """Evaluate, or give the verdict that was already given to this task.

    Raises Refused (no gate file, or a wrong one) and NotYet (the window, or what was measured in it, is not over).
    """
    if made := archive.stored(ctx.store, task):
        return _outcome(task, made)
    file = gate_files.find(ctx.config_repo, task.scope, commit=task.git_commit_id)
    if file is None:
        return _without_gate(task)
    window = windows.of_evaluation(task)
    deadline = ctx.clock.now() + timedelta(seconds=ctx.settings.wait_s)
    _await(window.end, ctx.clock, deadline)
    versions = _versions(task)
    providers = Providers(ctx, task.scope.project, needs=file.gate.needs)
    measuring = Measuring(providers.named, clock=ctx.clock, deadline=deadline)
    given = delivered.values(task)
    measured = measuring.ask(_questions(task, file, window, versions, given))
    evidence = Evidence(
        candidate={**given, **measured["candidate"]},
        live=measured.get("live"),
        previous=archive.earlier(ctx.store, task, file.gate.comparison),
    )
    verdict = file.gate.judge(evidence)
    made = record.of(task, file=file, window=window, evidence=evidence, verdict=verdict, versions=versions)
    return _outcome(task, archive.keep(ctx.store, task, made))


def _questions(
    task: Event, file: GateFile, window: Window, versions: Mapping[str, Any], given: Measured
) -> Mapping[str, Sequence[Question]]:
    """What to ask of the candidate, unless it was delivered, and of the live version where the gate needs it."""
    labels = {str(name): str(value) for name, value in (task.data.get("labels") or {}).items()}
    return {
        which: [
            Question(
                need=need,
                subject=Subject(
                    scope=task.scope,
                    colour=version["colour"],
                    window=window,
                    labels=labels,
                    filters=file.gate.filters,
                ),
            )
            for need in file.gate.needs
            if (need.indicator not in given if which == "candidate" else need.live)
        ]
        for which, version in versions.items()
        if version is not None
    }


def _versions(task: Event) -> Mapping[str, Any]:
    """Candidate and live. Without a candidate the live version is what is evaluated, and nothing is beside it."""
    deployment = task.data.get("deployment") or {}
    candidate, live = deployment.get("candidate"), deployment.get("live") or (task.data.get("action") or {}).get("live")
    if candidate and live and candidate.get("colour") != live.get("colour"):
        return {"candidate": _version(candidate), "live": _version(live)}
    return {"candidate": _version(candidate or live or {}), "live": None}


def _version(given: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: str(given.get(name) or "") for name in ("colour", "image", "digest")}


def _await(end: datetime, clock: Clock, deadline: datetime) -> None:
    """Wait for the end of the window: in this request if that is soon, else by a timer."""
    left = (end - clock.now()).total_seconds()
    if left <= 0:
        return
    if end > deadline:
        raise NotYet(f"the evaluation covers the time until {end:%H:%M:%S} UTC", after_s=left)
    clock.sleep(left)


def _without_gate(task: Event) -> Outcome:
    if _own(task).get("optional") is True:
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
    """The stage's own settings, emptied: a stage's data is merged into the next one's, where they must not hold."""
    empty = {"optional": False, "timeframe": "", "start": "", "end": ""}
    return {name: value for name, value in empty.items() if name in _own(task)}


def _own(task: Event) -> Mapping[str, Any]:
    own = task.data.get("evaluation")
    return own if isinstance(own, Mapping) else {"optional": own == "optional"}
