"""Cron expressions of freeze windows."""

from datetime import UTC, datetime

import pytest

from keptn.events import utc
from keptn.sequence.freeze import frozen
from keptn.shipyard.cron import Cron
from keptn.shipyard.model import FreezeWindow


@pytest.mark.parametrize(
    ("text", "zone", "now", "fired"),
    [
        ("0 17 * * 5", "UTC", "2030-01-07T09:00:00Z", "2030-01-04T17:00:00Z"),
        ("0 17 * * fri", "Europe/Vienna", "2030-07-08T09:00:00Z", "2030-07-05T15:00:00Z"),
        ("*/15 8-18 * * 1-5", "UTC", "2030-01-07T09:29:59Z", "2030-01-07T09:15:00Z"),
        ("30 0 1 jan *", "UTC", "2030-01-07T09:00:00Z", "2030-01-01T00:30:00Z"),
        ("0 0 29 2 *", "UTC", "2030-01-07T09:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 13 * 5", "UTC", "2030-01-07T09:00:00Z", "2030-01-04T00:00:00Z"),
        ("0 0 * * 7", "UTC", "2030-01-07T09:00:00Z", "2030-01-06T00:00:00Z"),
        ("0 9 7 1 *", "UTC", "2030-01-07T09:00:00Z", "2030-01-07T09:00:00Z"),
    ],
)
def test_the_last_firing_is_found(text, zone, now, fired):
    """At or before now, in the window's time zone."""
    assert Cron.parse(text, timezone=zone).last(utc(now)) == utc(fired)


@pytest.mark.parametrize("text", ["* * * *", "60 * * * *", "a * * * *", "* * * * 8", "*/0 * * * *", "5-1 * * * *"])
def test_what_is_no_expression_is_said(text):
    """The field is named with its range."""
    with pytest.raises(ValueError, match="cron"):
        Cron.parse(text)


def test_a_window_lasts_from_each_firing_for_its_duration():
    """Its end is not included; of several windows the one that ends last counts."""
    weekend = FreezeWindow(cron="0 17 * * 5", duration_s=63 * 3600, reason="weekend")
    night = FreezeWindow(cron="0 20 * * *", duration_s=12 * 3600, reason="night")
    saturday = datetime(2030, 1, 5, 22, 0, tzinfo=UTC)
    assert frozen([weekend, night], saturday).reason == "weekend"
    assert frozen([weekend], utc("2030-01-07T07:59:59Z"))
    assert frozen([weekend], utc("2030-01-07T08:00:00Z")) is None
