"""Arithmetic on samples."""

import pytest

from keptn.quality.samples import mean, percentile, thinned


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 2.5), (90, 3.7), (100, 4)])
def test_percentiles_interpolate_between_ranks(percent: float, value: float) -> None:
    """Rule R-7, in any order of the samples."""
    assert percentile([4, 1, 3, 2], percent) == pytest.approx(value)


def test_one_sample_is_every_percentile() -> None:
    """There is nothing to interpolate."""
    assert percentile([7], 95) == 7


def test_the_mean_of_huge_numbers_does_not_overflow() -> None:
    """The sum of two large floats is no float any more; their mean is."""
    assert mean([1.5e308, 1.5e308]) == pytest.approx(1.5e308)


def test_thinning_keeps_an_even_spread() -> None:
    """The same samples are kept every time, from the first on."""
    assert thinned([1, 2], most=3) == [1, 2]
    assert thinned(list(range(10)), most=5) == [0, 2, 4, 6, 8]
