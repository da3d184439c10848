"""An event in plain words: what happened, where, with which result, why, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.events import Event, Phase, Result, Status, TypeParts, parse_type
from keptn.remediation import runbook
from keptn.sequence import asking

ADMINISTRATION = {
    "project.create": "Creating project {project}",
    "project.update": "Changing the repository of project {project}",
    "project.delete": "Deleting project {project}",
    "service.create": "Adding {service} to project {project}",
    "service.delete": "Removing {service} from project {project}",
}
"""Sequences that belong to no stage: their type's first part is not one."""

OUTCOMES: Mapping[str, str] = {
    Result.PASS: "passed",
    Result.WARNING: "passed with a warning",
    Result.FAIL: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What people read. result: `pass`, `warning`, `fail`, or empty if there is none yet. next_step: a command."""

    title: str
    result: str
    where: str
    why: str
    next_step: str

    @property
    def text(self) -> str:
        """All of it, one thing per line."""
        return "\n".join(line for line in (self.title, self.why, self.next_step) if line)


def compose(event: Event) -> Message:
    """The message for an event."""
    return Message(
        title=title(event),
        result=event.result if event.type.endswith(".finished") else "",
        where="/".join(part for part in (event.scope.project, event.scope.stage, event.scope.service) if part),
        why=_why(event),
        next_step=_next_step(event),
    )


def title(event: Event) -> str:
    """One line: what happened to what, where."""
    parts = parse_type(event.type)
    if parts is None:
        return f"{event.type} in {event.scope.project}"
    administration = ADMINISTRATION.get(f"{parts.stage}.{parts.name}")
    if administration:
        what = administration.format(project=event.scope.project, service=event.scope.service)
        return f"{what} {_outcome(event, parts)}"
    subject, stage = artifact(event) or event.scope.service, parts.stage or event.scope.stage
    if parts.name in ("remediation", "action") and parts.phase is Phase.TRIGGERED:
        end = " is over" if is_end(event) else ""
        return f"Problem with {event.scope.service} in {stage}{end}: {problem(event)}"
    if parts.name == "approval" and parts.phase is Phase.TRIGGERED:
        return f"{subject} {_asked(event, stage)}"
    if parts.name == "evaluation" and parts.phase is Phase.FINISHED:
        return f"Evaluation of {subject} in {stage} {_outcome(event, parts)}{_score(event)}"
    return f"{parts.name.capitalize()} of {subject} in {stage} {_outcome(event, parts)}"


def _asked(event: Event, stage: str) -> str:
    if asking.asks(event):
        return f"waits for approval before it goes to {stage}"
    return f"goes to {stage} without being asked about: {asking.result(event)} is approved automatically"


def artifact(event: Event) -> str:
    """`carts:0.2`, as people call what is delivered; empty if the event is about none."""
    data = event.data
    changed: Mapping[str, Any] = (data.get("configurationChange") or {}).get("values") or {}
    image = str((data.get("artifact") or {}).get("image") or changed.get("image") or "")
    return image.rpartition("/")[2].partition("@")[0]


def problem(event: Event) -> str:
    """The problem's title."""
    names: Sequence[str] = runbook.problem_names(event.data.get("problem") or {})
    return names[-1] if names else "no title"


def is_end(event: Event) -> bool:
    """Whether an action is asked for because its problem is over."""
    return bool((event.data.get("action") or {}).get("of"))


def does(event: Event) -> str:
    """What an action is, in the words of its runbook."""
    action: Mapping[str, Any] = event.data.get("action") or {}
    if is_end(event):
        return f"What was done for its time is taken back: {action.get('name')}"
    return f"keptn does: {action.get('name') or action.get('action')}. {action.get('description') or ''}".strip()


def _outcome(event: Event, parts: TypeParts) -> str:
    if parts.phase is Phase.TRIGGERED:
        return "begins"
    if parts.phase is not Phase.FINISHED:
        return "is under way"
    if event.status == Status.ERRORED:
        return "could not be carried out"
    if event.status == Status.ABORTED:
        return "was aborted"
    return OUTCOMES.get(event.result, "ended")


def _score(event: Event) -> str:
    evaluation: Mapping[str, Any] = event.data.get("evaluation") or {}
    score = evaluation.get("score")
    return f" with a score of {score:g}" if isinstance(score, int | float) else ""


def _why(event: Event) -> str:
    if event.message:
        return event.message
    if event.type.endswith(".action.triggered"):
        return does(event)
    described: Mapping[str, Any] = event.data.get("problem") or {}
    return str(described.get("details") or described.get("ProblemDetails") or "")


def _next_step(event: Event) -> str:
    scope = event.scope
    if event.type.endswith(".approval.triggered") and asking.asks(event):
        where = f"--project={scope.project} --stage={scope.stage} --service={scope.service}"
        return f"To decide: keptn send event approval.finished {where} --id={event.id}"
    return f"To follow it: keptn status {event.context}" if event.context else ""
