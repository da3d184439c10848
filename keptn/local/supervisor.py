"""Keeps Envoy and the workloads alive. They outlive a runtime that is killed; the next one adopts them.

Their own adapters know how; this one only asks them again and again, in a thread, for they block.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from keptn.adapters.platform.process import ProcessPlatform
from keptn.adapters.router import envoy_process
from keptn.errors import KeptnError

EVERY_S = 1.0
LONGEST_PAUSE_S = 30.0
log = logging.getLogger("keptn.local")


@asynccontextmanager
async def supervised(state_dir: Path) -> AsyncIterator[None]:
    """Keep Envoy and the workloads of a state folder alive; stop them at the end (the next runtime starts them again).

    Raises Refused (no Envoy here) or Unavailable.
    """
    supervisor = _Supervisor(state_dir)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, supervisor.stop)  # also where the start fails halfway
        await asyncio.to_thread(supervisor.start)
        checking = asyncio.ensure_future(supervisor.run())
        stack.callback(checking.cancel)
        yield


class _Supervisor:
    def __init__(self, state_dir: Path) -> None:
        self._state_dir, self._platform = state_dir, ProcessPlatform(state_dir)
        self._lock, self._stopped = threading.Lock(), False

    def start(self) -> None:
        envoy_process.start(self._state_dir)
        self._platform.reconcile()

    async def run(self) -> None:
        pause_s = EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = EVERY_S if await asyncio.to_thread(self._check) else min(pause_s * 2, LONGEST_PAUSE_S)

    def stop(self) -> None:
        with self._lock:  # a check that is under way would start again what is stopped here
            self._stopped = True
            try:
                self._platform.stop_all()
            finally:
                envoy_process.stop(self._state_dir)

    def _check(self) -> bool:
        with self._lock:
            return self._stopped or self._revived()

    def _revived(self) -> bool:
        try:
            if envoy_process.adopt(self._state_dir) is None:
                log.warning("Envoy has ended; it is started again, see %s", self._state_dir / "envoy" / "envoy.log")
                envoy_process.start(self._state_dir)
            envoy_process.bound_log(self._state_dir)
            self._platform.reconcile()
        except (KeptnError, OSError) as exc:
            log.warning("Envoy and the workloads cannot be looked after now: %s", exc)
            return False
        return True
