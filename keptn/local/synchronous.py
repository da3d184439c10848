"""A Broker as Knative's default one is: over an in-memory channel, synchronous, and it forgets.

A post is answered when every Trigger has taken the event, with all its repeats; a reply is a post within the post. If
the poster goes away meanwhile, what is under way ends: attempts, repeats, dead letters. `broker.py` is the other mode.
Source: knative eventing, pkg/channel/fanout and pkg/kncloudevents/event_dispatcher.go; seen on a cluster.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from keptn.errors import Unavailable, Undecodable
from keptn.local import outcome
from keptn.local.broker import Attempts, aged, named, next_hop, told
from keptn.local.delivery_spec import DeliverySpec
from keptn.local.envelope import Envelope
from keptn.local.outcome import Outcome
from keptn.local.wiring import Trigger, Wiring

LONGEST_S = 15 * 60.0
"""How long a post may be held (pkg/channel/fanout)."""
log = logging.getLogger("keptn.local")


class SynchronousBroker:
    """All Brokers of the wiring, without a queue."""

    def __init__(self, wiring: Wiring, attempts: Attempts) -> None:
        self._wiring, self._attempts, self._under_way = wiring, attempts, 0

    async def accept(self, broker: str, event: Envelope) -> None:
        """Return when it is delivered everywhere, or is a dead letter.

        Raises Refused (no such Broker), Undecodable (no TTL left), Unavailable (a Trigger did not take it, nor did its
        dead-letter sink). Cancelled, it drops what it does.
        """
        heard = self._attempts.hear(self._wiring, broker, event := aged(event))
        try:
            async with asyncio.timeout(LONGEST_S):
                taken = await asyncio.gather(*(self._carry(trigger, event) for trigger in heard))
        except TimeoutError as exc:
            raise Unavailable(f"not delivered within {LONGEST_S:g} s; the event is lost") from exc
        if not all(taken):
            raise Unavailable(f"{taken.count(False)} of {len(taken)} Triggers did not take the event; it is lost there")

    def resume(self) -> None:
        """An earlier process left nothing."""

    def waiting(self) -> int:
        """How many deliveries are under way."""
        return self._under_way

    async def stop(self) -> None:
        """Nothing: what is under way ends with the posts that wait for it."""

    async def _carry(self, trigger: Trigger, event: Envelope) -> bool:
        self._under_way += 1
        try:
            await asyncio.sleep(self._attempts.faults.delay_s())
            result = await self._to_subscriber(trigger, event)
            if result.done:
                return True
            log.info("%s: %s", named(event, trigger.subscriber), told(result))
            return await self._to_dead_letter_sink(trigger, event, result)
        except asyncio.CancelledError:
            log.warning("%s is lost: its poster did not wait", named(event, trigger.subscriber))
            raise
        finally:
            self._under_way -= 1

    async def _to_subscriber(self, trigger: Trigger, event: Envelope) -> Outcome:
        spec = trigger.delivery
        result = await _repeated(spec, lambda: self._attempts.make(trigger.subscriber, event, timeout_s=spec.timeout_s))
        reply = result.reply
        if reply is None:
            return result
        return await _repeated(spec, lambda: self._fed_back(trigger.broker, next_hop(event, reply)))

    async def _fed_back(self, broker: str, reply: Envelope) -> Outcome:
        """What the ingress says to a reply. When it fails, the reply alone is posted again."""
        try:
            await self.accept(broker, reply)
        except Undecodable as exc:
            return outcome.failure(400, str(exc).encode(), retried=False)
        except Unavailable as exc:
            return outcome.failure(500, str(exc).encode(), retried=True)
        return Outcome(done=True)

    async def _to_dead_letter_sink(self, trigger: Trigger, event: Envelope, result: Outcome) -> bool:
        sink, spec = trigger.delivery.dead_letter_sink, trigger.delivery
        if sink is None:
            log.error("%s is lost, there is no dead-letter sink", named(event, trigger.subscriber))
            return False
        letter = outcome.with_error(event, result, destination=trigger.address)
        result = await _repeated(spec, lambda: self._attempts.make(sink, letter, timeout_s=spec.timeout_s))
        if not result.done:
            log.error("%s is lost, its dead-letter sink does not take it: %s", named(event, sink), told(result))
        return result.done


async def _repeated(spec: DeliverySpec, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Attempt after attempt, until one is done or no other may help."""
    for failed in range(1, spec.retry + 1):
        result = await attempt()
        if result.done or not result.retried:
            return result
        await asyncio.sleep(spec.wait_s(failed))
    return await attempt()
