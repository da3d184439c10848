"""Keeps Envoy and the workloads alive. They outlive a runtime that is killed; the next one adopts them.

Their own adapters know how; this one only asks them again and again, in a thread, for they block.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

from keptn.adapters import envoy_process
from keptn.adapters.process_platform import ProcessPlatform
from keptn.errors import KeptnError

EVERY_S = 1.0
LONGEST_PAUSE_S = 30.0
log = logging.getLogger("keptn.local")


class Supervisor:
    """Of one state folder."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir, self._platform = state_dir, ProcessPlatform(state_dir)
        self._lock, self._stopped = threading.Lock(), False

    async def start(self) -> None:
        """Start or adopt Envoy and the workloads. Raises Refused (no Envoy here) or Unavailable."""
        await asyncio.to_thread(envoy_process.start, self._state_dir)
        await asyncio.to_thread(self._platform.reconcile)

    async def run(self) -> None:
        pause_s = EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = EVERY_S if await asyncio.to_thread(self._check) else min(pause_s * 2, LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """Stop all: the workloads are started again by the next runtime, from what was asked for."""
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        with self._lock:  # a check that is under way would start again what is stopped here
            self._stopped = True
            self._platform.stop_all()
            envoy_process.stop(self._state_dir)

    def _check(self) -> bool:
        with self._lock:
            return self._stopped or self._revived()

    def _revived(self) -> bool:
        try:
            if envoy_process.adopt(self._state_dir) is None:
                log.warning("Envoy has ended; it is started again, see %s", self._state_dir / "envoy" / "envoy.log")
                envoy_process.start(self._state_dir)
            self._platform.reconcile()
        except KeptnError as exc:
            log.warning("%s", exc)
            return False
        return True
