"""Waiting for what must come: for the thing itself, never for a time, so a busy machine only makes it longer."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 120.0
"""Long enough for the busiest machine: it ends a test that hangs, and measures nothing."""
_POLL_S = 0.02
T = TypeVar("T")


def until(look: Callable[[], T], *, what: object = "it", deadline_s: float = DEADLINE_S, poll_s: float = _POLL_S) -> T:
    """Look until something true is seen, and give that."""
    end = time.monotonic() + deadline_s
    while not (found := look()):
        assert time.monotonic() < end, f"{what} did not happen within {deadline_s:g} s"
        time.sleep(poll_s)
    return found
