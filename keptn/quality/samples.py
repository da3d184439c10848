"""Plain arithmetic on samples. Pure; no numpy, whose import costs a function more than everything else it does."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_SAMPLES = 2000
"""How many samples of one indicator are kept; beyond that, every n-th."""


def mean(samples: Sequence[float]) -> float:
    """The arithmetic mean; the samples must not be empty."""
    return math.fsum(value / len(samples) for value in samples)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Linear interpolation between closest ranks (rule R-7, numpy's default); the samples must not be empty."""
    ordered = sorted(samples)
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def thinned(samples: Sequence[float], *, most: int = MOST_SAMPLES) -> Sequence[float]:
    """At most so many, evenly spread over the order they came in, always the same ones."""
    if len(samples) <= most:
        return samples
    return [samples[place * len(samples) // most] for place in range(most)]
