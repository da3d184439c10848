"""Several reads at once."""

import threading

import pytest

from keptn.adapters.store.memory import MemoryStore
from keptn.records.side_by_side import called, side_by_side

AT_ONCE = 80


class Far(MemoryStore):
    """One whose reads take a while."""

    reads_at_once = AT_ONCE


@pytest.fixture(params=[MemoryStore, Far])
def store(request):
    return request.param()


def test_the_order_of_the_items_stays(store):
    """Whoever is done first, the first stays the first; none and one are read where they are asked for."""
    assert side_by_side(store, lambda n: n * n, range(100)) == [n * n for n in range(100)]
    assert side_by_side(store, lambda _: threading.current_thread(), [1]) == [threading.current_thread()]
    assert side_by_side(store, str, []) == []
    assert called(store, [lambda: 1, lambda: "two"]) == [1, "two"]


def test_as_many_as_there_are_places_run_at_once():
    """All meet: none waits for another to end."""
    meeting = threading.Barrier(AT_ONCE, timeout=30)
    assert len(side_by_side(Far(), lambda _: meeting.wait(), range(AT_ONCE))) == AT_ONCE


def test_where_threads_would_only_wait_there_are_none():
    """Of a file on this machine all is read by who asks."""
    found = side_by_side(MemoryStore(), lambda _: threading.current_thread(), range(AT_ONCE))
    assert found == [threading.current_thread()] * AT_ONCE


def test_an_error_is_raised_where_it_is_asked_for(store):
    """As if the reads were made one after another."""
    with pytest.raises(ZeroDivisionError):
        side_by_side(store, lambda n: 1 // n, [2, 0, 1])
