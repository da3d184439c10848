"""The clock: plays the PingSource, which exists only while timers do and ticks when the earliest of them is due.

Here the source is the object `wake-up/clock`, `{"at": <RFC 3339>}`: the clock function makes, moves and deletes it
(port WakeUp), and nobody else. It is exact to 0.25 s; a PingSource's schedule to the second.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from contextlib import suppress
from datetime import UTC, datetime

from keptn.errors import KeptnError
from keptn.events import rfc3339, utc
from keptn.local.broker import Subscribers
from keptn.local.complaints import Complaints
from keptn.local.envelope import Envelope
from keptn.local.wiring import NAMESPACE, Ping
from keptn.ports import ObjectStore
from keptn.records import objects

PEEK_S = 0.25
"""How often the store is asked: the precision of the clock, seconds."""
PAUSE_S = 1.0
"""After a tick that failed or changed nothing."""
log = logging.getLogger("keptn.local")


class Clock:
    """Asks the store, tells the clock function."""

    def __init__(
        self,
        ping: Ping,
        store: ObjectStore,
        subscribers: Subscribers,
        *,
        peek_s: float = PEEK_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._ping, self._store, self._subscribers = ping, store, subscribers
        self._peek_s, self._pause_s = peek_s, pause_s
        self._complaints = Complaints()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._peek_s)
            if self._is_due() and not (await self._tick() and not self._is_due()):
                await asyncio.sleep(self._pause_s)

    def _is_due(self) -> bool:
        """Whether the source is there, and its moment has come; one that cannot be read has the clock write it anew."""
        try:
            source = self._store.get(objects.WAKE_UP)
        except KeptnError as exc:
            self._complaints.say(f"the clock cannot see when to tick: {exc}")
            return False
        if source is None:
            return False
        with suppress(ValueError, KeyError, TypeError):
            return utc(json.loads(source.data)["at"]) <= datetime.now(UTC)
        return True

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
