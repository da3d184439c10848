"""From the answers of several executors to the outcome of their task. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def outcome(answers: Sequence[Answer], *, task: str = "") -> Outcome:
    """Any result that is neither pass nor warning fails the task, and so does an errored or unknown status. What cannot
    be read as one fails it, too, and the message says so; letters and blanks do not matter.

    Source: keptn 1.4 (shipyard-controller); there an errored task that said pass passed on, which was a bug.
    """
    statuses = [_status(answer.status) for answer in answers]
    status = next((worst for worst in _WORST_FIRST if worst in statuses), Status.UNKNOWN)
    failed = status in {Status.ERRORED, Status.UNKNOWN}
    result = Result.FAIL if failed else _result([_word(answer.result) for answer in answers])
    said = [text for answer in answers for text in (answer.message, *_unreadable(answer, task)) if text]
    return Outcome(result=result, status=status, message="; ".join(said))


def so_far(earlier: str, task: str, latest: Outcome) -> Outcome:
    """The verdict of the sequence after this task: the task's own, unless it only carried out what others judged."""
    if task in QUIET and latest.result is Result.PASS and earlier == Result.WARNING:
        return Outcome(result=Result.WARNING, status=latest.status, message=latest.message)
    return latest


def _unreadable(answer: Answer, task: str) -> Iterator[str]:
    """What of the answer cannot be read. One that could not do its task needs no result."""
    could = _status(answer.status) not in {Status.ERRORED, Status.ABORTED}
    for name, value, known in (("status", answer.status, Status), ("result", answer.result, Result)):
        if _word(value) in set(known) or (name == "result" and not could):
            continue
        what = f"says {name} {value!r}" if value else f"has no {name}"
        yield f"{task}.finished of {answer.source} {what}; it must be one of {', '.join(known)}"


def _word(text: str) -> str:
    return text.strip().lower()


def _status(text: str) -> Status:
    return Status(_word(text)) if _word(text) in set(Status) else Status.UNKNOWN


def _result(results: Sequence[str]) -> Result:
    if any(result not in {Result.PASS, Result.WARNING} for result in results):
        return Result.FAIL
    return Result.WARNING if Result.WARNING in results else Result.PASS
