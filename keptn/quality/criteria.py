"""Criteria of an SLO file: `<=+10%`, `<600`, `>=-5`. Pure; called by the SLO parser and its grading.

Source: keptn specification, service_level_objective.md, and lighthouse: a sign or `%` makes a criterion relative, `%`
without a sign means an increase, blanks do not count.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_GRAMMAR = re.compile(r"(<=|>=|<|>|=)([+-]?)(\d+(?:\.\d*)?|\.\d+)(%?)")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One comparison. number: the limit, or how far it is from what is compared with; signed if relative."""

    text: str
    comparison: str
    number: float
    relative: bool
    percent: bool

    def target(self, compared: float | None) -> float | None:
        """The number that the value is held to; None: relative, with nothing to be relative to.

        A percentage is of the magnitude, so that 10 % more is more for a negative value too.
        """
        if not self.relative:
            return self.number
        if compared is None:
            return None
        return compared + (abs(compared) * self.number / 100 if self.percent else self.number)

    def holds(self, value: float, target: float) -> bool:
        return _COMPARE[self.comparison](value, target)


def parse(text: str) -> Criterion:
    """Read a criterion. Raises ValueError with how to write one."""
    match = _GRAMMAR.fullmatch(re.sub(r"\s", "", text))
    if match is None:
        raise ValueError(f"{text!r} is no criterion; write an operator (<, <=, =, >=, >) and a number: <600 or <=+10%")
    comparison, sign, digits, percent = match.groups()
    return Criterion(
        text=text,
        comparison=comparison,
        number=-float(digits) if sign == "-" else float(digits),
        relative=bool(sign or percent),
        percent=bool(percent),
    )
