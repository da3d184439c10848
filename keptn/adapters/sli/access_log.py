"""Envoy's access log: JSON lines in the order in which requests ended. Read by the Envoy SLI provider.

It may lie in several parts (`router/envoy_log.py`). A window is found by bisection over each, so that its cost does not
grow with the log. Nothing is written here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from keptn import events
from keptn.adapters.router import envoy_log
from keptn.errors import Refused
from keptn.events import Scope
from keptn.ports import Window
from keptn.quality.traffic import Request

DISORDER_S = 2.0
"""How far lines may stand out of order: Envoy's worker threads share one buffer."""
LONGEST_REQUEST_S = 30.0
"""A request that began in the window is looked for so long after it."""
_BLOCK = 65536


def requests(log: Path, window: Window, scope: Scope, colour: str) -> list[Request]:
    """Requests that began in the window: to one colour by itself, or, without one, as users saw the service.

    Raises OSError if there is no log, Refused where it is not kept any more from the window's start on.
    """
    start, end = window.start.timestamp(), window.end.timestamp()
    _check_kept(log, window)
    found = []
    for line in _lines(log, start - DISORDER_S):
        if scope.service.encode() not in line or (record := _record(line)) is None:
            continue
        request = _request(record)
        if _ended(request) > end + LONGEST_REQUEST_S + DISORDER_S:
            break
        if start <= request.start < end and _belongs(record, scope, colour):
            found.append(request)
    return sorted(found, key=lambda request: request.start)


def last_end(log: Path) -> float:
    """When the last request ended that the log has, seconds since 1970; 0 if it has none. Raises OSError."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _BLOCK))
        ends = [_ended(_request(record)) for line in file if (record := _record(line)) is not None]
    return max(ends, default=0.0)


def _check_kept(log: Path, window: Window) -> None:
    """A part of a window would be measured as if it were the whole."""
    parts = envoy_log.parts(log)
    if parts and envoy_log.number(parts[0]) > 1:
        with parts[0].open("rb") as oldest:
            first = _next_end(oldest, 0, oldest.seek(0, 2))
        if first and first[1] > window.start.timestamp():
            begins = events.rfc3339(datetime.fromtimestamp(first[1], UTC))
            raise Refused(f"Envoy's access log is kept from {begins} on, which is after the window's start")


def _lines(log: Path, moment: float) -> Iterator[bytes]:
    """Of all parts, from where requests that ended at `moment` begin."""
    with log.open("rb") as current:
        for part in envoy_log.parts(log):
            with part.open("rb") as file:
                now_current = os.path.samestat(os.fstat(file.fileno()), os.fstat(current.fileno()))
                if not now_current and os.fstat(file.fileno()).st_mtime >= moment:
                    yield from _from(file, moment)
        yield from _from(current, moment)


def _from(file: BinaryIO, moment: float) -> Iterator[bytes]:
    """Lines from the block in which requests that ended at `moment` begin."""
    low, high = 0, file.seek(0, 2)
    while high - low > _BLOCK:
        middle = (low + high) // 2
        found = _next_end(file, middle, high)
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0]
    file.seek(low)
    return iter(file)


def _next_end(file: BinaryIO, offset: int, limit: int) -> tuple[int, float] | None:
    """The first readable line that begins after the offset: where it begins, and when its request ended."""
    file.seek(offset)
    file.readline()  # the rest of the line that the offset fell into
    while (position := file.tell()) < limit:
        if (record := _record(file.readline())) is not None:
            return position, _ended(_request(record))
    return None


def _record(line: bytes) -> dict[str, Any] | None:
    """A line's record; None for what is no record, or not written to its end yet."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
        events.utc(record["time"])
        float(record["duration_us"] or 0)
        int(record["status"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return record if isinstance(record, dict) else None


def _request(record: dict[str, Any]) -> Request:
    status = int(record["status"])
    gone = status == 0 and "DC" in str(record.get("flags") or "")  # the client went away: not the service's failure
    return Request(
        start=events.utc(record["time"]).timestamp(),
        duration_ms=float(record["duration_us"] or 0) / 1000,  # none: the client went away before the answer's end
        failed=status >= 500 or (status == 0 and not gone),
        method=str(record.get("method") or ""),
        path=str(record.get("path") or "").partition("?")[0],
    )


def _ended(request: Request) -> float:
    return request.start + request.duration_ms / 1000


def _belongs(record: dict[str, Any], scope: Scope, colour: str) -> bool:
    if (record.get("project"), record.get("stage"), record.get("service")) != (
        scope.project,
        scope.stage,
        scope.service,
    ):
        return False
    if colour:
        return record.get("route") == "own" and record.get("colour") == colour
    return record.get("route") == "public"
