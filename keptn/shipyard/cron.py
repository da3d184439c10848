"""Cron expressions of five fields, for freeze windows. Pure; the caller brings the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_HORIZON_DAYS = 366 * 5
"""February 29th comes back within five years, short of a century's exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed expression in a time zone."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, *, timezone: str = "UTC") -> Cron:
        """Raises ValueError with a sentence for a person."""
        parts = text.lower().split()
        if len(parts) != len(_FIELDS):
            raise ValueError(f"cron {text!r} must have five fields: minute hour day month weekday")
        fields = [_field(part, *spec) for part, spec in zip(parts, _FIELDS, strict=True)]
        minutes, hours, days, months, weekdays = fields
        return cls(
            minutes=tuple(sorted(minutes)),
            hours=tuple(sorted(hours)),
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            # Source: crontab(5): if both day fields are restricted, either of them is enough
            either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
            zone=_zone(timezone),
        )

    def last(self, moment: datetime) -> datetime | None:
        """The last firing at or before the moment, in UTC."""
        local = moment.astimezone(self.zone)
        for back in range(_HORIZON_DAYS):
            day = local.date() - timedelta(days=back)
            if self._fires_on(day):
                for at in reversed(self._times(day)):
                    if at <= moment:
                        return at
        return None

    def _fires_on(self, day: date) -> bool:
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (by_date or by_weekday if self.either_day else by_date and by_weekday)

    def _times(self, day: date) -> list[datetime]:
        clock = [time(hour, minute) for hour in self.hours for minute in self.minutes]
        return [datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC) for at in clock]


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only where a stage has freeze windows

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as exc:
        raise ValueError(f"there is no time zone {name!r}; write one like Europe/Vienna or UTC") from exc


def _field(text: str, what: str, low: int, high: int) -> frozenset[int]:
    names = {"month": _MONTHS, "weekday": _DAYS}.get(what, {})
    try:
        values = frozenset(value for part in text.split(",") for value in _range(part, names, low, high))
    except ValueError as exc:
        raise ValueError(f"cron: {text!r} is no {what} ({low}-{high})") from exc
    if not values or min(values) < low or max(values) > high:
        raise ValueError(f"cron: {text!r} is no {what} ({low}-{high})")
    return values


def _range(part: str, names: dict[str, int], low: int, high: int) -> range:
    span, _, step = part.partition("/")
    if span == "*":
        first, last = low, high
    else:
        begin, dash, end = span.partition("-")
        first = names[begin] if begin in names else int(begin)
        last = (names[end] if end in names else int(end)) if dash else (high if step else first)
    return range(first, last + 1, int(step) if step else 1)
