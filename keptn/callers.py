"""How often somebody may ask the HTTP functions: by token, and by address where no good token is known. No I/O.

`runtime.http` asks before each request and says afterwards how it was answered, `runtime.hook` how many lines of its
log a refusal may take. All of it is this process's memory: every pod of a function counts for itself, and one that was
at zero begins anew (docs/security.md, "How often").
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

from keptn.web import TooMany

T = TypeVar("T")

MOST_REMEMBERED = 10_000
"""Tokens, and addresses; who has not called for longest is forgotten first."""
LINES_OF_ONE, LINES_OF_ALL = 6, 60
"""Refusals a minute that a log has, of one address and of all."""
_LOOPBACK = ("127.0.0.0/8", "::1/128")
"""Knative's queue-proxy stands in every pod, the local runtime on every laptop."""


class Rate:
    """So many a minute of each, at once if they like: a bucket per caller that fills evenly (a token bucket)."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, who: str, *, now_s: float) -> float:
        """How long until there is room for one; 0 if there is."""
        lacking = 1.0 - self._level(who, now_s)
        return max(0.0, lacking) * 60 / self._per_minute if self._per_minute else 0.0

    def take(self, who: str, *, now_s: float) -> None:
        if self._per_minute:
            self._left[who] = max(0.0, self._level(who, now_s) - 1.0), now_s
            self._left.move_to_end(who)
            _shorten(self._left)

    def _level(self, who: str, now_s: float) -> float:
        level, at_s = self._left.get(who, (float(self._per_minute), now_s))
        return min(float(self._per_minute), level + (now_s - at_s) * self._per_minute / 60)


class Callers:
    """requests, failures: a minute, of each token or address; of each address. 0: no limit.

    A token that was answered well counts by itself, so that nobody who tries tokens at its address keeps it out.
    """

    def __init__(self, *, requests: int, failures: int) -> None:
        self._requests, self._failures = Rate(requests), Rate(failures)
        self._good: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, token: str, address: str, *, now_s: float) -> None:
        """Raises TooMany."""
        with self._lock:
            known = token != "" and _digest(token) in self._good
            who = f"token {_digest(token)}" if known else f"address {address}"
            wait_s = self._requests.wait_s(who, now_s=now_s)
            if not known:
                wait_s = max(wait_s, self._failures.wait_s(address, now_s=now_s))
            if wait_s > 0:
                raise TooMany("this token" if known else "this address", retry_after_s=math.ceil(wait_s))
            self._requests.take(who, now_s=now_s)

    def answered(self, token: str, address: str, status: int, *, now_s: float) -> None:
        """401 is a failure of its address; a 2xx makes a token known."""
        with self._lock:
            if status == 401:
                self._good.pop(_digest(token), None)
                self._failures.take(address, now_s=now_s)
            elif token and status < 300:
                self._good[_digest(token)] = None
                self._good.move_to_end(_digest(token))
                _shorten(self._good)


class Told:
    """Which refusals the log has, so that no flood fills it: some a minute of each address, and of all together."""

    def __init__(self) -> None:
        self._of_one, self._of_all = Rate(LINES_OF_ONE), Rate(LINES_OF_ALL)
        self._left_out = 0
        self._lock = threading.Lock()

    def room(self, address: str, *, now_s: float) -> int | None:
        """How many were left out since the last that the log has, or None: leave this one out, too."""
        with self._lock:
            if self._of_one.wait_s(address, now_s=now_s) or self._of_all.wait_s("", now_s=now_s):
                self._left_out += 1
                return None
            self._of_one.take(address, now_s=now_s)
            self._of_all.take("", now_s=now_s)
            left_out, self._left_out = self._left_out, 0
            return left_out


def address(peer: str, forwarded: str, *, trusted: Sequence[str]) -> str:
    """Who called: read from the right, the first hop that is none of the proxies; the peer if all are, or nobody says.

    forwarded: the header X-Forwarded-For, to which each proxy appends whom it was called by: what stands left of a
    stranger, the stranger may have written. trusted: networks of the proxies. Of IPv6 it is the network of a site.
    """
    if not forwarded:
        return peer
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - for who stands behind a proxy alone

    networks = [ip_network(network) for network in (*_LOOPBACK, *trusted)]
    for hop in reversed([*(part.strip() for part in forwarded.split(",")), peer]):
        try:
            found = ip_address(hop)
        except ValueError:
            return "unreadable"
        if not any(found in network for network in networks):
            return str(ip_network((found, 64), strict=False)) if found.version == 6 else hop
    return peer


def _digest(token: str) -> str:
    """A process that is looked into shows no tokens."""
    return hashlib.sha256(token.encode()).hexdigest()


def _shorten(known: OrderedDict[str, T]) -> None:
    while len(known) > MOST_REMEMBERED:
        known.popitem(last=False)
