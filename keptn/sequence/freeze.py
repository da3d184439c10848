"""Whether a stage is frozen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from keptn.shipyard.cron import Cron
from keptn.shipyard.model import FreezeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    until: datetime
    reason: str


def frozen(windows: Sequence[FreezeWindow], now: datetime) -> Frozen | None:
    """The freeze in force that ends last; its end is not included."""
    in_force = [found for window in windows if (found := _in_force(window, now))]
    return max(in_force, key=lambda freeze: freeze.until, default=None)


def _in_force(window: FreezeWindow, now: datetime) -> Frozen | None:
    fired = Cron.parse(window.cron, timezone=window.timezone).last(now)
    if fired is None or now >= (until := fired + timedelta(seconds=window.duration_s)):
        return None
    return Frozen(until=until, reason=window.reason or f"freeze window {window.cron}")
