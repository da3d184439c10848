"""Reversed time: keys that sort the newest first."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.records.revtime import moment_of, reversed_time

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, MOMENTS)
def test_later_sorts_first(one, other):
    """The later of two times has the smaller key, to the microsecond."""
    assert (one < other) == (reversed_time(one) > reversed_time(other))


@given(MOMENTS)
def test_keys_have_one_width_and_lead_back(moment):
    """All keys have the same width, and the time can be read back from one."""
    assert len(reversed_time(moment)) == 18
    assert moment_of(reversed_time(moment)) == moment


def test_zones_do_not_matter():
    """The same instant in another zone has the same key."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert reversed_time(moment) == reversed_time(moment.astimezone(timezone(timedelta(hours=5))))


def test_what_is_no_key_is_an_error():
    """Anything but eighteen digits is not read as a time."""
    with pytest.raises(ValueError, match="18 digits"):
        moment_of("12")
