"""What a monitor says is over is not acted on: a remediation that has changed nothing yet ends.

What one has changed for the time of the problem is taken back (`repairs.py`).
"""

from __future__ import annotations

from dataclasses import replace

from keptn.events import Result, Status
from keptn.sequence import kind, repairs, tasks
from keptn.sequence.aggregate import Outcome
from keptn.sequence.ending import end
from keptn.sequence.slot import Execution, Problem
from keptn.sequence.turn import RECENT, Turn


def withdraw(turn: Turn) -> None:
    """End the remediations whose problem the event says is over, and remember that it is: its opening may come later.

    Other problems that such a remediation was told of lose their place in it: reported again, they get their own. So
    does the one that is over, if it comes back: nothing was done about it.
    """
    over = kind.marks_over(turn.cause.data)
    if not over:
        return
    repairs.over(turn, over)
    _free_names(turn, {repair.mark for repair in turn.slot.repairs if repair.mark in over})
    for execution in turn.slot.open:
        if not execution.touched and kind.leading_mark(execution.data) in over:
            _end(turn, execution)
            turn.change(problems=tuple(_without_others(p, execution, over) for p in turn.slot.problems))
    known = {mark for problem in turn.slot.problems for mark in problem.marks}
    if new := tuple(mark for mark in over if mark not in known):
        said = Problem(marks=new, execution="", context=turn.cause.context)
        turn.change(problems=(*turn.slot.problems, said)[-RECENT:])


def _free_names(turn: Turn, taken_back: set[str]) -> None:
    """What is taken back with its problem is to be done again if that comes back, however soon."""
    if taken_back:
        freed = (replace(p, name="") if taken_back & set(p.marks) else p for p in turn.slot.problems)
        turn.change(problems=tuple(freed))


def _end(turn: Turn, execution: Execution) -> None:
    message = f"{kind.title(execution.data)} was over before anything was done about it"
    if execution.open_run:
        cut_short = Outcome(result=Result.PASS, status=Status.ABORTED, message=message)
        execution = tasks.conclude(turn, execution, cut_short, announce=True)
    end(turn, execution, Outcome(result=Result.PASS, status=Status.SUCCEEDED, message=message))


def _without_others(problem: Problem, execution: Execution, over: tuple[str, ...]) -> Problem:
    if problem.execution != execution.id or problem.context != execution.context:
        return problem
    return replace(problem, marks=tuple(mark for mark in problem.marks if mark in over), name="")
