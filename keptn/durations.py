"""Durations as Go writes them (`8s`, `1h30m`, `1.5h`), the spelling of keptn's files, and moments for people. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_LONGEST_S = timedelta.max.total_seconds()
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def parse(text: str) -> timedelta:
    """A duration that is not negative. Raises ValueError with what is expected."""
    written = text.strip()
    parts = list(_PART.finditer(written))
    if not parts or "".join(part[0] for part in parts) != written:
        raise ValueError(f"{text!r} is no duration; write it like 30s, 10m or 1h30m")
    try:
        return timedelta(seconds=sum(float(part[1]) * _SECONDS[part[2]] for part in parts))
    except OverflowError as exc:
        raise ValueError(f"{text!r} is longer than can be waited for") from exc


def seconds(value: object) -> float:
    """A duration in seconds; a bare number means seconds. Raises ValueError as `parse` does."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST_S:
        return float(value)
    return parse(str(value)).total_seconds()


def short(duration_s: float) -> str:
    """How a person writes it: 600 → `10m`, 5400 → `1h30m`, 0.5 → `500ms`."""
    if duration_s < 1:
        return f"{round(duration_s * 1000)}ms" if duration_s else "0s"
    rest, text = duration_s, ""
    for unit in ("h", "m"):
        amount, rest = divmod(rest, _SECONDS[unit])
        text += f"{int(amount)}{unit}" if amount else ""
    return text + (f"{rest:g}s" if rest else "")


def moment(at: datetime | str) -> str:
    """As a person reads it, to the second and with its zone: `2026-11-24 12:00:00Z`; empty for none.

    at: as of `events.rfc3339` where it is text.
    """
    text = at.astimezone(UTC).isoformat(" ") if isinstance(at, datetime) else at.replace("T", " ")
    return f"{text[:19]}Z" if text else ""


def relative(at: datetime, *, now: datetime) -> str:
    """As a person reads it who sits there: `3m ago`, `in 20s`, `now`; in the largest unit that is full."""
    away_s = (at - now).total_seconds()
    size_s = round(abs(away_s))
    unit, in_s = next((one for one in _UNITS if size_s >= one[1]), ("", 1))
    amount = f"{size_s // in_s}{unit}"
    if not unit:
        return "now"
    return f"in {amount}" if away_s > 0 else f"{amount} ago"
