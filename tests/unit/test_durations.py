"""Durations are read as Go reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from keptn import durations


@pytest.mark.parametrize(
    ("text", "seconds"), [("8s", 8), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("500ms", 0.5), (" 5m ", 300)]
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    """Units may be combined and fractions written."""
    assert durations.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5d", "5m!", "9" * 400 + "h"])
def test_what_is_no_duration_is_said(text: str) -> None:
    """Anything else is refused with a word on how to write it."""
    with pytest.raises(ValueError, match=r"write it like|longer than"):
        durations.parse(text)


@pytest.mark.parametrize("number", [10**400, 1e300, float("inf"), float("nan"), -1, True])
def test_a_number_that_is_no_duration_is_said(number: float) -> None:
    """Too long, negative, or no number at all."""
    with pytest.raises(ValueError, match=r"write it like|longer than"):
        durations.seconds(number)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (0.4, "now"),
        (-12, "12s ago"),
        (20, "in 20s"),
        (-200, "3m ago"),
        (-3600 * 5 - 59, "5h ago"),
        (86400 * 6.9, "in 6d"),
    ],
)
def test_a_moment_is_told_from_now_on(seconds: float, text: str) -> None:
    """In the largest unit that is full."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert durations.relative(now + timedelta(seconds=seconds), now=now) == text
