"""Limits of a perfspec indicator and which of them a value is beyond. Pure; called by `perfspec_grading`.

Per side (lower, upper) the severe limit counts before the warning one, and being at a limit is being beyond it, as in
Pitometer. Percentages are of the previous run's value, or, without thresholds, of the live version's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keptn.quality.direction import Direction
from keptn.quality.perfspec import Thresholds

WORSE_THAN_LIVE_WARNING_PERCENT = 10.0
WORSE_THAN_LIVE_SEVERE_PERCENT = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. reference: for a relative one what it is relative to: an unchanged value is never beyond it."""

    breach: str
    threshold: float
    reference: float | None = None

    @property
    def severe(self) -> bool:
        return self.breach.endswith("Severe")

    @property
    def upper(self) -> bool:
        return self.breach.startswith("upper")

    @property
    def kept_by(self) -> str:
        """What a value must be to the threshold, as a criterion says it."""
        at_it = "=" if self.reference == self.threshold else ""  # of 0 every percentage is 0
        return ("<" if self.upper else ">") + at_it

    def is_broken_by(self, value: float) -> bool:
        if self.reference is not None and value == self.reference:
            return False
        return value >= self.threshold if self.upper else value <= self.threshold


def of_thresholds(thresholds: Thresholds, *, previous: float | None) -> Sequence[Limit]:
    """The limits of one entity; a percentage replaces its absolute twin where there is a previous value."""
    given = {
        "lowerSevere": (thresholds.lower_severe, thresholds.lower_severe_percent),
        "lowerWarning": (thresholds.lower_warning, thresholds.lower_warning_percent),
        "upperSevere": (thresholds.upper_severe, thresholds.upper_severe_percent),
        "upperWarning": (thresholds.upper_warning, thresholds.upper_warning_percent),
    }
    limits = []
    for breach, (absolute, percent) in given.items():
        if percent is not None and previous is not None:
            limits.append(_relative(breach, percent, reference=previous))
        elif absolute is not None:
            limits.append(Limit(breach=breach, threshold=absolute))
    return limits


def against_live(direction: Direction, *, live: float) -> Sequence[Limit]:
    """The limits of one entity that is compared with the live version's value."""
    sides = {Direction.INCREASE: ("upper",), Direction.DECREASE: ("lower",), Direction.EITHER: ("lower", "upper")}
    return [
        _relative(f"{side}{grade}", percent, reference=live)
        for side in sides[direction]
        for grade, percent in (("Severe", WORSE_THAN_LIVE_SEVERE_PERCENT), ("Warning", WORSE_THAN_LIVE_WARNING_PERCENT))
    ]


def broken(limits: Sequence[Limit], value: float) -> Sequence[Limit]:
    """What the value is beyond: at most one limit per side, the severe one first."""
    found = []
    for upper in (False, True):
        side = [limit for limit in limits if limit.upper is upper and limit.is_broken_by(value)]
        found += sorted(side, key=lambda limit: not limit.severe)[:1]
    return found


def share(beyond: Sequence[Limit]) -> float:
    """The part of its points that an entity keeps."""
    return 0.0 if any(limit.severe for limit in beyond) else 0.5 ** len(beyond)


def _relative(breach: str, percent: float, *, reference: float) -> Limit:
    sign = 1 if breach.startswith("upper") else -1
    return Limit(breach=breach, threshold=reference + sign * abs(reference) * percent / 100, reference=reference)
