"""Several reads at once."""

import threading

import pytest

from keptn.records.side_by_side import AT_ONCE, side_by_side


def test_the_order_of_the_items_stays():
    """Whoever is done first, the first stays the first; none and one are read where they are asked for."""
    assert side_by_side(lambda n: n * n, range(100)) == [n * n for n in range(100)]
    assert side_by_side(lambda _: threading.current_thread(), [1]) == [threading.current_thread()]
    assert side_by_side(str, []) == []


def test_as_many_as_there_are_places_run_at_once():
    """All meet: none waits for another to end."""
    meeting = threading.Barrier(AT_ONCE, timeout=30)
    assert len(side_by_side(lambda _: meeting.wait(), range(AT_ONCE))) == AT_ONCE


def test_an_error_is_raised_where_it_is_asked_for():
    """As if the reads were made one after another."""
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda n: 1 // n, [2, 0, 1])
