"""What the slot learns from finished tasks: which version is live, which digest is rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keptn.events import Result, Status
from keptn.sequence import kind
from keptn.sequence.slot import Execution, Rejection, TaskRun, Version
from keptn.sequence.turn import RECENT, Turn


def observe(turn: Turn, execution: Execution, section: Mapping[str, Any]) -> None:
    """Take over what a step reports as live. A runbook that changed it has judged what was live before."""
    if "live" not in section or not execution.holds:
        return
    before, after = turn.slot.live, _version(turn, section["live"])
    if _digest(before) == _digest(after):
        turn.change(live=after and replace(after, since=before.since if before else turn.now))
        return
    history = (*turn.slot.history, after)[-RECENT:] if after else turn.slot.history
    turn.change(live=after, history=history)
    if before and kind.is_remediation(turn.definition(execution), execution.data):
        turn.reject(_rejection(turn, execution, digest=before.digest, image=before.image, reason=_runbook(execution)))


def judge(turn: Turn, execution: Execution, run: TaskRun) -> None:
    """A failed evaluation of a delivery rejects its digest here.

    One that could not be carried out, or that had no data, says nothing about the digest.
    """
    failed = run.name == "evaluation" and run.result == Result.FAIL and run.status == Status.SUCCEEDED
    evaluation = execution.data.get("evaluation")
    judged = not (isinstance(evaluation, Mapping) and evaluation.get("noData") is True)
    if failed and judged and kind.is_delivery(turn.definition(execution), execution.data):
        reason = f"evaluation failed: {run.message}" if run.message else "evaluation failed"
        turn.reject(_rejection(turn, execution, digest=execution.digest, image=execution.image, reason=reason))


def blame(turn: Turn, execution: Execution, problem: Execution) -> None:
    """A problem that is about the very version that a delivery brings rejects it."""
    if problem.about and problem.about == execution.digest:
        reason = f"problem while it was delivered: {kind.title(problem.data)}"
        turn.reject(_rejection(turn, execution, digest=execution.digest, image=execution.image, reason=reason))


def _runbook(execution: Execution) -> str:
    return f"replaced by the runbook for: {kind.title(execution.data)}"


def _rejection(turn: Turn, execution: Execution, *, digest: str, image: str, reason: str) -> Rejection:
    score = execution.data.get("evaluation")
    value = score.get("score") if isinstance(score, Mapping) else None
    return Rejection(
        digest=digest,
        image=image,
        reason=reason,
        event=turn.cause.id,
        context=execution.context,
        score=float(value) if isinstance(value, int | float) else None,
        at=turn.now,
    )


def _version(turn: Turn, reported: object) -> Version | None:
    if not isinstance(reported, Mapping):
        return None
    known = {key: str(reported.get(key) or "") for key in ("digest", "image", "colour", "url")}
    return Version(**known, since=turn.now)


def _digest(version: Version | None) -> str:
    return (version.digest or version.image) if version else ""
