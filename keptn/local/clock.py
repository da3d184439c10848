"""The clock: plays the PingSource. Ticks only when a timer is due, so that nothing runs while nothing happens.

In a cluster the source exists only while timers do (port WakeUp) and ticks each minute; here its marker is honoured the
same way, but the tick comes when the earliest timer is due.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime

from keptn.errors import KeptnError
from keptn.events import rfc3339
from keptn.local.broker import Subscribers
from keptn.local.envelope import Envelope
from keptn.local.wiring import NAMESPACE, Ping
from keptn.ports import ObjectStore
from keptn.records import objects

PEEK_S = 0.25
"""How often the store is asked for a due timer: the precision of the clock, seconds."""
PAUSE_S = 1.0
"""After a tick that failed or changed nothing."""
log = logging.getLogger("keptn.local")


class Clock:
    """Asks the store, tells the clock function."""

    def __init__(self, ping: Ping, store: ObjectStore, subscribers: Subscribers) -> None:
        self._ping, self._store, self._subscribers = ping, store, subscribers

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PEEK_S)
            if (timer := self._due()) and not (await self._tick() and self._due() != timer):
                await asyncio.sleep(PAUSE_S)

    def _due(self) -> str:
        """The name of the earliest timer whose time has come; names begin with the time they are due."""
        try:
            until = f"{objects.TIMERS}{rfc3339(datetime.now(UTC))}~"
            names = self._store.list(objects.TIMERS, end_offset=until, limit=1).names
            return names[0] if names and self._store.get(objects.WAKE_UP) else ""
        except KeptnError as exc:
            log.warning("the clock cannot see its timers: %s", exc)
            return ""

    async def _tick(self) -> bool:
        """Whether the function took it."""
        attributes = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "type": "dev.knative.sources.ping",
            "source": f"/apis/v1/namespaces/{NAMESPACE}/pingsources/{self._ping.name}",
            "time": rfc3339(datetime.now(UTC)),
            "datacontenttype": self._ping.content_type,
        }
        tick = Envelope(attributes=attributes, body=self._ping.data)
        try:
            answer = await self._subscribers.deliver(self._ping.sink, tick, timeout_s=None)
        except KeptnError as exc:
            log.warning("the clock's tick was not heard: %s", exc)
            return False
        return 200 <= answer.status < 300
