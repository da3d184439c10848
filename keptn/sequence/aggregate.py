"""From the answers of several executors to the outcome of their task. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keptn.events import Result, Status
from keptn.sequence.slot import Answer

_WORST_FIRST = (Status.ERRORED, Status.ABORTED, Status.SUCCEEDED)
QUIET = frozenset({"traffic", "release", "rollback", "soak", "approval"})
"""Built-in tasks that carry something out and judge nothing: their pass does not wash out an earlier warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    result: Result
    status: Status
    message: str = ""


def outcome(answers: Sequence[Answer]) -> Outcome:
    """Any result that is neither pass nor warning fails the task, and so does an errored or unknown status.

    Source: keptn 1.4 (shipyard-controller); there an errored task that said pass passed on, which was a bug.
    """
    statuses = [_status(answer.status) for answer in answers]
    status = next((worst for worst in _WORST_FIRST if worst in statuses), Status.UNKNOWN)
    failed = status in {Status.ERRORED, Status.UNKNOWN}
    result = Result.FAIL if failed else _result([answer.result for answer in answers])
    return Outcome(result=result, status=status, message="; ".join(a.message for a in answers if a.message))


def so_far(earlier: str, task: str, latest: Outcome) -> Outcome:
    """The verdict of the sequence after this task: the task's own, unless it only carried out what others judged."""
    if task in QUIET and latest.result is Result.PASS and earlier == Result.WARNING:
        return Outcome(result=Result.WARNING, status=latest.status, message=latest.message)
    return latest


def _status(text: str) -> Status:
    return Status(text) if text in set(Status) else Status.UNKNOWN


def _result(results: Sequence[str]) -> Result:
    if any(result not in {Result.PASS, Result.WARNING} for result in results):
        return Result.FAIL
    return Result.WARNING if Result.WARNING in results else Result.PASS
