"""What a Broker makes of a subscriber's answer. Pure.

Source: knative eventing, pkg/broker/filter/filter_handler.go (`writeResponse`) and the dispatcher of its channels.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from keptn.errors import Undecodable
from keptn.local import delivery_spec, envelope
from keptn.local.envelope import Envelope
from keptn.local.exchange import Answer

ERROR_DATA_BYTES = 1024
"""Cap of `knativeerrordata`, before Base64."""
BAD_GATEWAY = 502
NO_ANSWER = 500
"""What the dispatcher writes into `knativeerrorcode` when nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """done: delivered, perhaps with a reply. Else what went wrong, and whether another attempt may help (retried)."""

    done: bool
    reply: Envelope | None = None
    code: int = 0
    data: bytes = b""
    retried: bool = False


def judge(answer: Answer) -> Outcome:
    """A 2xx must be empty or an event; the multi-tenant Broker routes an event of any 2xx, a 202 included."""
    if not 200 <= answer.status < 300:
        return failure(answer.status, answer.body, retried=delivery_spec.is_retried(answer.status))
    if envelope.is_event(answer.headers):
        try:
            return Outcome(done=True, reply=envelope.read(answer.headers, answer.body))
        except Undecodable as exc:
            return failure(BAD_GATEWAY, f"the reply is no event: {exc}".encode(), retried=True)
    if answer.body:
        return failure(BAD_GATEWAY, b"the answer is neither empty nor a CloudEvent", retried=True)
    return Outcome(done=True)


def failure(code: int, data: bytes, *, retried: bool) -> Outcome:
    return Outcome(done=False, code=code, data=data, retried=retried)


def no_answer(reason: str) -> Outcome:
    return failure(NO_ANSWER, f"dispatch error: {reason}".encode(), retried=True)


def with_error(event: Envelope, outcome: Outcome, *, destination: str) -> Envelope:
    """The event as the dead-letter sink gets it."""
    data = base64.b64encode(outcome.data[:ERROR_DATA_BYTES]).decode()
    return event.with_attributes(
        knativeerrordest=destination, knativeerrorcode=str(outcome.code), knativeerrordata=data
    )
