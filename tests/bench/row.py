"""One line of the bench: a measurement, what it was before the budgets were set, and the budget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """measured, was and budget have one unit, which `what` names. budget: the most that is fine; None: for interest.

    key: what a test calls it; empty where only the bench holds it against its budget.
    """

    what: str
    measured: float
    budget: float | None = None
    was: float | None = None
    key: str = ""

    @property
    def is_over(self) -> bool:
        return self.budget is not None and self.measured > self.budget
