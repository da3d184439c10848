"""The clock of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keptn.context import Context


class SystemClock:
    @classmethod
    def open(cls, context: Context) -> SystemClock:
        del context
        return cls()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
