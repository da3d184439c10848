"""A webhook answers in time."""

import threading

import pytest

from keptn.errors import Unavailable, Unknown
from keptn.webhooks.deadline import Deadline


def test_what_is_in_time_is_passed_on():
    """The result, or the error."""
    deadline = Deadline(60)
    deadline.check("it")
    assert deadline.bounded(lambda: 7, what="asking") == 7
    with pytest.raises(Unknown, match="no such image"):
        deadline.bounded(_unknown, what="asking")


def test_what_is_late_is_asked_for_again():
    """Whoever hangs does not hold the sender."""
    released = threading.Event()
    with pytest.raises(Unavailable, match="asking takes longer"):
        Deadline(0.01).bounded(released.wait, what="asking")
    released.set()
    with pytest.raises(Unavailable, match="the rest is not done yet"):
        Deadline(0).check("the rest")


def _unknown():
    raise Unknown("no such image")
