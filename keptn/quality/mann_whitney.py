"""The Mann–Whitney test with a confidence interval of the location shift, as R's `wilcox.test`. Pure.

Normal approximation with tie and continuity corrections; the interval's ends are roots found by Brent's method exactly
as R's `zeroin` does, coarse absolute tolerance included: it decides metrics of small magnitude. Source: Hollander and
Wolfe, Nonparametric Statistical Methods; R, `stats::wilcox.test` and `zeroin.c`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

TOLERANCE = 1e-4
MOST_ITERATIONS = 1000
_EPSILON = 2.220446049250313e-16


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far x lies above y. low, high: the confidence interval; estimate: Hodges and Lehmann's."""

    low: float
    high: float
    estimate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """Distinct values in order, how often each stands, how many stand before it, and Σ(t³−t) over its own ties."""

    values: Sequence[float]
    counts: Sequence[int]
    before: Sequence[int]
    ties: int

    @property
    def size(self) -> int:
        return self.before[-1]


def shift(x: Sequence[float], y: Sequence[float], *, confidence: float) -> Shift:
    """Compare two samples, neither empty. Raises ArithmeticError if all values are tied, or too large to subtract."""
    left, right = _sample(x), _sample(y)
    quantile = normal_quantile((1 - confidence) / 2)
    least, most = left.values[0] - right.values[-1], left.values[-1] - right.values[0]
    if not math.isfinite(most - least):
        raise OverflowError("the samples are too large to be compared")

    def z(mu: float, q: float) -> float:
        return _statistic(left, right, mu) - q

    return Shift(
        low=_end(lambda mu: z(mu, -quantile), least, most),
        high=_end(lambda mu: z(mu, quantile), least, most),
        estimate=zero(lambda mu: z(mu, 0.0), least, most),
    )


def _sample(given: Sequence[float]) -> _Sample:
    counted = sorted(Counter(given).items())
    counts = [count for _, count in counted]
    return _Sample(
        values=[value for value, _ in counted],
        counts=counts,
        before=[0, *accumulate(counts)],
        ties=sum(_tie(count) for count in counts),
    )


def _tie(count: int) -> int:
    return count**3 - count


def _statistic(x: _Sample, y: _Sample, mu: float) -> float:
    """The standardised statistic of x − mu against y, continuity corrected."""
    m, n = x.size, y.size
    twice, ties = 0, x.ties + y.ties
    for value, count in zip(x.values, x.counts, strict=True):
        shifted = value - mu
        place = bisect_left(y.values, shifted)
        tied = y.counts[place] if place < len(y.values) and y.values[place] == shifted else 0
        twice += count * (2 * y.before[place] + tied)
        if tied:
            ties += _tie(count + tied) - _tie(count) - _tie(tied)
    centred = (twice - m * n) / 2
    sigma = math.sqrt(m * n / 12 * (m + n + 1 - ties / ((m + n) * (m + n - 1))))
    if sigma == 0:
        raise ArithmeticError("all values are tied")
    return (centred - math.copysign(0.5, centred) * (centred != 0)) / sigma


def _end(function: Callable[[float], float], least: float, most: float) -> float:
    if function(least) <= 0:
        return least
    if function(most) >= 0:
        return most
    return zero(function, least, most)


def zero(function: Callable[[float], float], least: float, most: float) -> float:
    """Brent's root of a function on an interval, step by step as R's `zeroin` (Forsythe, Malcolm and Moler)."""
    a, b = least, most
    fa, fb = function(a), function(b)
    c, fc = a, fa
    if fa == 0:
        return a
    for _ in range(MOST_ITERATIONS + 1):
        previous = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        tolerance = 2 * _EPSILON * abs(b) + TOLERANCE / 2
        step = (c - b) / 2
        if abs(step) <= tolerance or fb == 0:
            return b
        if abs(previous) >= tolerance and abs(fa) > abs(fb):
            step = _interpolated((a, b, c), (fa, fb, fc), step=step, previous=previous, tolerance=tolerance)
        if abs(step) < tolerance:
            step = math.copysign(tolerance, step)
        a, fa = b, fb
        b += step
        fb = function(b)
        if (fb > 0 and fc > 0) or (fb < 0 and fc < 0):
            c, fc = a, fa
    return b


def _interpolated(
    points: tuple[float, float, float],
    values: tuple[float, float, float],
    *,
    step: float,
    previous: float,
    tolerance: float,
) -> float:
    """The step by inverse quadratic (or linear) interpolation where it is safe, else the bisection's."""
    (a, b, c), (fa, fb, fc) = points, values
    distance = c - b
    if a == c:
        ratio = fb / fa
        p, q = distance * ratio, 1 - ratio
    else:
        q, t1, t2 = fa / fc, fb / fc, fb / fa
        p = t2 * (distance * q * (q - t1) - (b - a) * (t1 - 1))
        q = (q - 1) * (t1 - 1) * (t2 - 1)
    if p > 0:
        q = -q
    else:
        p = -p
    if p < 0.75 * distance * q - abs(tolerance * q) / 2 and p < abs(previous * q / 2):
        return p / q
    return step


def normal_quantile(probability: float) -> float:
    """The standard normal distribution's quantile, by bisection, to full precision."""
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _normal(middle) < probability else (low, middle)
    return (low + high) / 2


def _normal(value: float) -> float:
    return math.erfc(-value / math.sqrt(2)) / 2
