"""Users of a route who ask again and again, side by side, while a test changes something."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx

from tests.waiting import DEADLINE_S


@contextmanager
def asking(
    users: Sequence[dict[str, str]],
    url: Callable[[], str],
    notes: Sequence[Callable[[str], object]],
    *,
    browser: Callable[..., httpx.Client] = httpx.Client,
) -> Iterator[None]:
    """users: the headers that each sends; they keep their cookies. notes: who is told what each was answered.

    browser: makes the client of each.
    """
    done = threading.Event()

    def ask(headers: dict[str, str], note: Callable[[str], object]) -> None:
        with browser(headers=headers, timeout=DEADLINE_S) as client:
            while not done.is_set():
                note(said(client.get(url())))

    threads = [threading.Thread(target=ask, args=each) for each in zip(users, notes, strict=True)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def said(response: httpx.Response) -> str:
    """What a workload answered, or the status of what failed."""
    return response.text if response.status_code == 200 else str(response.status_code)
