"""The slot as bytes and back. Large ones are compressed: the same data stands in several places of a slot."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from keptn.events import Event, Scope, from_dict, rfc3339, to_dict, utc
from keptn.sequence.slot import (
    Alarm,
    Answer,
    Execution,
    Failure,
    Pending,
    Pin,
    Problem,
    Rank,
    Rejection,
    Repair,
    Share,
    Slot,
    TaskRun,
    Version,
)

COMPRESS_FROM = 16 * 1024
"""Bytes from which on a slot is stored compressed."""
T = TypeVar("T")
Reader = Callable[[Any], Any]


def encode(slot: Slot) -> bytes:
    """JSON without what is empty."""
    data = json.dumps(_plain(slot), separators=(",", ":")).encode()
    return data if len(data) < COMPRESS_FROM else zlib.compress(data, 1)


def decode(data: bytes) -> Slot:
    """Read what `encode` wrote."""
    text = data if data.startswith(b"{") else zlib.decompress(data)
    return _read(Slot, json.loads(text))


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """A value of `slot.py` as JSON values."""
    return _plain(value)


def rejection(stored: Mapping[str, Any]) -> Rejection:
    """A verdict from its object."""
    return _read(Rejection, stored)


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Event):
        return to_dict(value)
    if is_dataclass(value):
        found = ((field.name, getattr(value, field.name), field.default) for field in fields(value))
        return {name: _plain(item) for name, item, default in found if item != default or default is MISSING}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _read(kind: type[T], stored: Mapping[str, Any]) -> T:
    readers = _READERS[kind]
    return kind(**{name: readers[name](value) if name in readers else value for name, value in stored.items()})


def _one(kind: type[Any]) -> Reader:
    return lambda stored: None if stored is None else _read(kind, stored)


def _many(kind: type[Any]) -> Reader:
    return lambda stored: tuple(_read(kind, item) for item in stored)


def _taken(stored: tuple[str, str, str]) -> tuple[datetime, str, str]:
    return (utc(stored[0]), stored[1], stored[2])


def _time(stored: str | None) -> datetime | None:
    return utc(stored) if stored else None


def _scope(stored: Mapping[str, str]) -> Scope:
    return Scope(**stored)


def _event(stored: dict[str, Any] | None) -> Event | None:
    return from_dict(stored) if stored else None


def _followers(stored: list[list[str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((stage, sequence, execution_id) for stage, sequence, execution_id in stored)


_READERS: Mapping[type[Any], Mapping[str, Reader]] = {
    Answer: {"said_at": _time, "started_at": _time, "finished_at": _time},
    Share: {},
    TaskRun: {"triggered_at": utc, "due": utc, "ended_at": _time, "share": _one(Share), "answers": _many(Answer)},
    Execution: {
        "rank": Rank,
        "runs": _many(TaskRun),
        "followers": _followers,
        **dict.fromkeys(("triggered_at", "root_time", "not_before", "wait_until", "ended_at", "controlled_at"), _time),
    },
    Version: {"since": utc},
    Rejection: {"at": utc},
    Failure: {"at": utc},
    Pin: {"at": utc},
    Problem: {"marks": tuple, "at": _time},
    Repair: {"root_time": utc, "by": tuple, "latest": _time, "over_at": _time},
    Alarm: {"due": utc},
    Pending: {"due": utc, "event": _event, "verdict": _one(Rejection)},
    Slot: {
        "scope": _scope,
        "executions": _many(Execution),
        "recent": tuple,
        "taken": _taken,
        "live": _one(Version),
        "history": _many(Version),
        "failed": _one(Failure),
        "pin": _one(Pin),
        "unpinned_at": _time,
        "rejected": _many(Rejection),
        "problems": _many(Problem),
        "repairs": _many(Repair),
        "pending": _many(Pending),
        "tasks": tuple,
        "alarm": _one(Alarm),
    },
}
