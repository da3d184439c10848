"""A webhook answers in time, whatever others do: senders give up after five to ten seconds and do not say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from keptn.errors import Unavailable

Found = TypeVar("Found")
WITHIN_S = 4.0
"""Leaves a second of the five that a sender waits at least, for the last post to the Broker and the way back."""


class Deadline:
    """Runs out `within_s` seconds after it was made."""

    def __init__(self, within_s: float) -> None:
        self._end = time.monotonic() + within_s

    def check(self, what: str) -> None:
        """Raises Unavailable when the time is over. what: is not done yet."""
        if time.monotonic() >= self._end:
            raise Unavailable(f"{what} is not done yet, and the sender waits no longer")

    def bounded(self, call: Callable[[], Found], *, what: str) -> Found:
        """The call's result, or its error. Raises Unavailable if it takes longer; it may then end unheard.

        what: who is asked, for the sentence.
        """
        outcome: list[Found | BaseException] = []
        thread = threading.Thread(target=lambda: outcome.append(_outcome(call)), daemon=True)
        thread.start()
        thread.join(max(0.0, self._end - time.monotonic()))
        if not outcome:
            raise Unavailable(f"{what} takes longer than the sender waits")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


def _outcome(call: Callable[[], Found]) -> Found | BaseException:
    try:
        return call()
    except BaseException as exc:
        return exc
