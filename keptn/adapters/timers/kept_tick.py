"""What every WakeUp does: the next tick is kept in one place, with a compare-and-swap, and never later than wanted.

A tick whose time has come is being handled, or was missed. Who handles it looks at the timers, then moves or removes
it. A timer that is set between the two is not seen there: it moves the tick itself, and that is what the handler meets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from keptn.errors import LostRace
from keptn.ports import Clock

MISSED = timedelta(seconds=60)
"""A tick whose time has come, and that nobody moves, comes again after this: not only when the next timer is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """When it comes, and which state of its place that was read from."""

    at: datetime
    version: str


class KeptTick(ABC):
    """The port WakeUp. Ticks are compared by this clock; those of several pods differ by less than a tick takes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def earliest(self, moment: datetime) -> None:
        while True:
            tick, now = self._read(), self._clock.now()
            at = self._possible(moment)
            if tick and now < tick.at <= at:
                return
            if tick and tick.at <= now:
                at = min(at, self._possible(now + MISSED))
            with suppress(LostRace):
                self._write(at, tick)
                return

    def follow(self, next_tick: Callable[[], datetime | None]) -> None:
        tick, now = self._read(), self._clock.now()
        handled = tick.at if tick and tick.at <= now else None
        moment = next_tick()
        at = self._possible(moment) if moment else None
        while True:
            if tick and tick.at != handled:  # somebody counts on it
                at = min(at or tick.at, tick.at)
            with suppress(LostRace):
                if at is None:
                    self._remove(tick)
                elif tick is None or tick.at != at:
                    self._write(at, tick)
                return
            tick = self._read()

    def _possible(self, moment: datetime) -> datetime:
        """When a tick that is wanted then can come."""
        return moment

    @abstractmethod
    def _read(self) -> Tick | None:
        """The tick that is kept; in the past if that cannot be read."""

    @abstractmethod
    def _write(self, at: datetime, tick: Tick | None) -> None:
        """Replace the tick; None: there is none. Raises LostRace."""

    @abstractmethod
    def _remove(self, tick: Tick | None) -> None:
        """Raises LostRace."""
