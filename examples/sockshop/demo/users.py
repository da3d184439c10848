"""Users: a steady stream of requests to one stage's public address, counted on the client's side."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

ORDERS_OF_FOUR = 3
"""Three of four requests are orders, the fourth looks into the cart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one user saw. version: of the answer, empty if there was none. error: empty if all was well.

    user: which of the crowd it was, where they come back.
    """

    at: float
    version: str
    error: str
    user: int = 0


@dataclass
class Users:
    """`threads` users at a time, each sending `rate_hz` requests per second until stopped.

    headers: of each request. come_back: they stay who they are and keep their cookies; else each is somebody new.
    """

    stage: str
    url: str
    threads: int
    rate_hz: float
    headers: Mapping[str, str] = field(default_factory=dict)
    come_back: bool = False
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._workers = [threading.Thread(target=self._run, args=(user,), daemon=True) for user in range(self.threads)]
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        self._stop.set()
        for worker in self._workers:
            worker.join(timeout=10)

    def between(self, begin: float, end: float) -> list[Seen]:
        """What they saw in a span of `time.time()`."""
        return [seen for seen in list(self.seen) if begin <= seen.at < end]

    def _run(self, user: int) -> None:
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=5, trust_env=False) as client:
            begin, number = time.monotonic(), 0
            while not self._stop.wait(max(0.0, begin + number / self.rate_hz - time.monotonic())):
                self.seen.append(_request(client, number, user=user))
                number += 1
                if not self.come_back:
                    client.cookies.clear()


def errors(seen: list[Seen]) -> int:
    return sum(1 for one in seen if one.error)


def versions(seen: list[Seen]) -> Counter[str]:
    """How many requests each version answered."""
    return Counter(one.version for one in seen if one.version)


def _order(client: httpx.Client, number: int) -> httpx.Response:
    return client.post("/orders", json={"cart": str(number)})


def _request(client: httpx.Client, number: int, *, user: int) -> Seen:
    at = time.time()
    try:
        answer = _order(client, number) if number % 4 < ORDERS_OF_FOUR else client.get(f"/carts/{number}")
    except httpx.HTTPError as exc:
        return Seen(at=at, version="", error=type(exc).__name__, user=user)
    error = str(answer.status_code) if answer.status_code >= 400 else ""
    return Seen(at=at, version=answer.headers.get("x-carts-version", ""), error=error, user=user)
