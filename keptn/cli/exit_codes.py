"""The exit codes of every command: one table."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script learns from a command."""

    PASS = 0
    """Done, or the delivery or evaluation passed."""
    ERROR = 1
    """It could not be done: the sentence on standard error says why."""
    USAGE = 2
    """The command was not understood."""
    WARNING = 3
    """The delivery or evaluation passed with a warning."""
    FAIL = 4
    """The delivery or evaluation failed."""


def of_result(result: str, *, status: str = "succeeded") -> ExitCode:
    """The code of a finished delivery, sequence or evaluation; what could not be carried out is an error."""
    if status in {"errored", "aborted"}:
        return ExitCode.ERROR
    return {"pass": ExitCode.PASS, "warning": ExitCode.WARNING}.get(result, ExitCode.FAIL)
