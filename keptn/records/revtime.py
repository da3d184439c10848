"""Reversed time: a key that sorts the newest first. Used by every list view in the object store; no I/O, no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_WIDTH = len(str(_LAST))


def reversed_time(moment: datetime) -> str:
    """Eighteen digits that sort against the time: a page of keys in ascending order is a page of the newest."""
    return f"{_LAST - _microseconds(moment):0{_WIDTH}d}"


def moment_of(key: str) -> datetime:
    """The time in UTC that `reversed_time` turned into this key. Raises ValueError for anything else."""
    if len(key) != _WIDTH or not key.isdecimal():
        raise ValueError(f"{key!r} is no reversed time: {_WIDTH} digits are")
    return _EPOCH + (_LAST - int(key)) * _MICROSECOND


def _microseconds(moment: datetime) -> int:
    """Since 1970, in whole numbers: floats are not exact enough for microseconds. A time without zone is UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0, (aware - _EPOCH) // _MICROSECOND)
