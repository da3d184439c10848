"""The Broker: takes events in, keeps them until every Trigger that hears them has delivered them, feeds replies back.

Semantics are those of Knative's multi-tenant Broker, oddities included; unlike it with its in-memory channel
(`synchronous.py`), the queue is durable and the ingress answers as soon as an event is stored. It delivers through a
`Subscribers` and knows neither processes nor HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from keptn.errors import KeptnError, Refused, Unavailable, Undecodable
from keptn.local import outcome
from keptn.local.complaints import Complaints
from keptn.local.delivery_spec import Destination
from keptn.local.envelope import Envelope
from keptn.local.exchange import Answer
from keptn.local.faults import Faults
from keptn.local.outcome import Outcome
from keptn.local.queue import Accepted, Delivery, Queue
from keptn.local.wiring import Trigger, Wiring

TTL = "knativebrokerttl"
MAX_TTL = 255
CONCURRENCY = 8
"""Attempts of one Trigger at a time; Knative sets no limit, but a laptop must."""
PAUSE_S = 5.0
"""After a failure of the Broker's own, seconds."""
log = logging.getLogger("keptn.local")


class Subscribers(Protocol):
    """Reaches Services, JobSinks and URLs."""

    async def deliver(self, destination: Destination, event: Envelope, *, timeout_s: float | None) -> Answer:
        """Raises KeptnError when there is no answer."""


class Attempts:
    """Single attempts, and who hears an event: what both kinds of Broker do alike."""

    def __init__(self, subscribers: Subscribers, *, faults: Faults) -> None:
        self._subscribers, self.faults = subscribers, faults

    def hear(self, wiring: Wiring, broker: str, event: Envelope) -> list[Trigger]:
        """The Triggers that hear it (each twice: duplicates). Raises Refused if there is no such Broker."""
        if broker not in wiring.brokers:
            raise Refused(f"there is no Broker {broker}; there are: {', '.join(sorted(wiring.brokers))}")
        heard = [trigger for trigger in wiring.triggers_of(broker) if trigger.matches(event.attributes)]
        return heard * self.faults.copies

    async def make(self, sink: Destination, event: Envelope, *, timeout_s: float | None) -> Outcome:
        """What comes of one attempt."""
        try:
            answer = await self._subscribers.deliver(sink, event.without(TTL), timeout_s=timeout_s)
        except KeptnError as exc:
            return outcome.no_answer(str(exc))
        if self.faults.loses():
            return outcome.no_answer("the answer was lost (fault mode)")
        return outcome.judge(answer)


class Ingress(Protocol):
    """What the gateway and the runtime know of a Broker, of either kind."""

    async def accept(self, broker: str, event: Envelope) -> None: ...

    def resume(self) -> None: ...

    def waiting(self) -> int: ...

    async def stop(self) -> None: ...


class Broker:
    """All Brokers of the wiring, over one queue."""

    def __init__(self, wiring: Wiring, queue: Queue, attempts: Attempts) -> None:
        self._wiring, self._queue, self._attempts = wiring, queue, attempts
        self._slots: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(CONCURRENCY))
        self._tasks: set[asyncio.Task[None]] = set()
        self._complaints = Complaints()

    def resume(self) -> None:
        """Go on with what an earlier process left."""
        self._dispatch(self._queue.waiting())

    async def accept(self, broker: str, event: Envelope) -> None:
        """Store the event; it is safe when this returns.

        Raises Refused (no such Broker), Undecodable (no TTL left), Unavailable (the disk is full).
        """
        accepted = self._accepted(broker, aged(event))
        try:
            self._dispatch(self._queue.accept(accepted))
        except Unavailable as exc:
            self._complaints.say(f"no event can be taken: {exc}")
            raise

    def waiting(self) -> int:
        """How many deliveries are not done yet; 0: nothing is under way."""
        return self._queue.count()

    async def stop(self) -> None:
        """Drop what is under way; the queue has it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accepted(self, broker: str, event: Envelope) -> Accepted:
        heard = self._attempts.hear(self._wiring, broker, event)
        return Accepted(envelope=event, triggers=[trigger.name for trigger in heard])

    def _dispatch(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            task = asyncio.get_running_loop().create_task(self._carry(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, delivery: Delivery) -> None:
        """Attempt after attempt, until it is delivered or given up."""
        await asyncio.sleep(self._attempts.faults.delay_s())
        left: Delivery | None = delivery
        while left:
            await asyncio.sleep(max(0.0, left.due - time.time()))
            try:
                left = await self._step(left)
            except KeptnError as exc:  # no room for the queue, say: the event is safe, and must not wait for a restart
                self._complaints.say(f"events wait: {exc}")
                await asyncio.sleep(PAUSE_S)
            except Exception:
                log.exception("a delivery to %s could not go on; it is tried again", delivery.trigger)
                await asyncio.sleep(PAUSE_S)

    async def _step(self, delivery: Delivery) -> Delivery | None:
        trigger = self._wiring.triggers.get(delivery.trigger)
        sink = _sink(trigger, delivery) if trigger else None
        if trigger is None or sink is None:
            log.warning("an event for Trigger %s is dropped: it is in no manifest any more", delivery.trigger)
            self._queue.finish(delivery)
            return None
        event = self._queue.envelope(delivery)
        async with self._slots[delivery.trigger]:
            result = await self._attempts.make(sink, event, timeout_s=trigger.delivery.timeout_s)
        if delivery.dead_letter:
            return self._after_dead_letter(delivery, event, trigger, result)
        return self._after_subscriber(delivery, event, trigger, result)

    def _after_subscriber(
        self, delivery: Delivery, event: Envelope, trigger: Trigger, result: Outcome
    ) -> Delivery | None:
        if result.done and result.reply is None:
            self._queue.finish(delivery)
            return None
        if result.done and result.reply is not None:
            try:
                reply = aged(next_hop(event, result.reply))
            except Undecodable as exc:  # the ingress refuses the reply, which fails the delivery
                result = outcome.failure(400, str(exc).encode(), retried=False)
            else:
                self._dispatch(self._queue.finish(delivery, reply=self._accepted(trigger.broker, reply)))
                return None
        return self._after_failure(delivery, event, trigger, result)

    def _after_failure(self, delivery: Delivery, event: Envelope, trigger: Trigger, result: Outcome) -> Delivery | None:
        log.info("%s: %s", named(event, trigger.subscriber), told(result))
        if result.retried and delivery.failed < trigger.delivery.retry:
            return self._queue.failed(delivery, wait_s=trigger.delivery.wait_s(delivery.failed + 1))
        if trigger.delivery.dead_letter_sink is None:
            log.error("%s is lost, there is no dead-letter sink: %s", named(event, trigger.subscriber), told(result))
            self._queue.finish(delivery)
            return None
        error = outcome.with_error(event, result, destination=trigger.address)
        return self._queue.give_up(delivery, error=error)

    def _after_dead_letter(
        self, delivery: Delivery, event: Envelope, trigger: Trigger, result: Outcome
    ) -> Delivery | None:
        """A dead-letter sink is tried as often as the subscriber; its reply is not routed."""
        if not result.done and result.retried and delivery.failed < trigger.delivery.retry:
            wait_s = trigger.delivery.wait_s(delivery.failed + 1)
            return self._queue.failed(delivery, wait_s=wait_s)
        sink = trigger.delivery.dead_letter_sink or trigger.subscriber
        if not result.done:
            log.error("%s is lost, its dead-letter sink does not take it: %s", named(event, sink), told(result))
        elif result.reply is not None:
            log.warning("%s: the reply of a dead-letter sink goes nowhere; it must post", named(event, sink))
        self._queue.finish(delivery)
        return None


def aged(event: Envelope) -> Envelope:
    """One hop less to live; 255 for an event that says nothing. Raises Undecodable at 0.

    Source: pkg/broker/ingress (`TTLDefaulter`). Subscribers never see the attribute, so what they post starts afresh.
    """
    given = event.attributes.get(TTL, "")
    left = int(given) - 1 if given.isdecimal() else MAX_TTL
    if left <= 0:
        raise Undecodable(f"{TTL} is 0: too many replies to replies; look for functions that answer each other")
    return event.with_attributes(**{TTL: str(left)})


def next_hop(event: Envelope, reply: Envelope) -> Envelope:
    """The reply as it comes to the ingress: with what its event had left to live."""
    return reply.with_attributes(**{TTL: event.attributes[TTL]})


def _sink(trigger: Trigger, delivery: Delivery) -> Destination | None:
    return trigger.delivery.dead_letter_sink if delivery.dead_letter else trigger.subscriber


def named(event: Envelope, sink: Destination) -> str:
    return f"{event.attributes['type']} {event.attributes['id']} for {sink}"


def told(result: Outcome) -> str:
    return f"{result.code} {result.data[:300].decode(errors='replace')}"
