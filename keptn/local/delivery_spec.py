"""A delivery spec: how often and how fast a Broker tries again, and where an event goes that nobody takes. Pure.

Source: eventing.knative.dev/v1 `spec.delivery`, as the multi-tenant Broker carries it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn.errors import Refused

_RETRIED_4XX = frozenset({404, 408, 409, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where events go: a Service or JobSink by name, with a path, or any URL."""

    kind: str = ""
    name: str = ""
    path: str = "/"
    url: str = ""

    def address(self, namespace: str) -> str:
        """Its URL as a cluster spells it: what a Broker writes into `knativeerrordest`."""
        if self.kind == "JobSink":
            return f"http://job-sink.knative-eventing.svc.cluster.local/{namespace}/{self.name}"
        return self.url or f"http://{self.name}.{namespace}.svc.cluster.local{self.path if self.path != '/' else ''}"

    def __str__(self) -> str:
        return self.url or f"{self.kind.lower()}/{self.name}{self.path if self.path != '/' else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySpec:
    """retry: attempts after the first. timeout_s: of one attempt; None: as long as the subscriber may take."""

    retry: int = 0
    exponential: bool = True
    backoff_s: float = 0.2
    timeout_s: float | None = None
    dead_letter_sink: Destination | None = None

    def wait_s(self, failed_attempts: int) -> float:
        """Seconds before the next attempt: delay×2^n, n from 0; linear delay×n, so its first repeat comes at once.

        Not capped, as in the multi-tenant Broker.
        """
        n = failed_attempts - 1
        return float(self.backoff_s * (2**n if self.exponential else n))


def is_retried(status: int | None) -> bool:
    """Whether a failure may be tried again. None: no answer."""
    return status is None or status in _RETRIED_4XX or status >= 500


def read(spec: Mapping[str, Any] | None, *, owner: str) -> DeliverySpec | None:
    """A manifest's `delivery`; None if there is none, so that the Broker's holds. owner: whose it is, for messages.

    One that is there replaces the Broker's as a whole, an empty one too. Raises Refused.
    """
    if spec is None:
        return None
    policy = spec.get("backoffPolicy", "exponential")
    if policy not in ("linear", "exponential"):
        raise Refused(f"{owner}: backoffPolicy {policy!r} is neither linear nor exponential")
    sink = spec.get("deadLetterSink")
    return DeliverySpec(
        retry=int(spec.get("retry") or 0),
        exponential=policy == "exponential",
        backoff_s=duration_s(spec.get("backoffDelay", "PT0.2S"), owner=owner),
        timeout_s=duration_s(spec["timeout"], owner=owner) if "timeout" in spec else None,
        dead_letter_sink=destination(sink, owner=owner) if sink else None,
    )


def destination(spec: Mapping[str, Any], *, owner: str) -> Destination:
    """A `subscriber`, `sink` or `deadLetterSink`: `ref`, `ref` with a relative `uri`, or a `uri` alone."""
    ref, uri = spec.get("ref"), str(spec.get("uri") or "")
    if ref is None and re.match("https?://", uri):
        return Destination(url=uri)
    if ref is None or ref.get("kind") not in ("Service", "JobSink") or not ref.get("name"):
        raise Refused(f"{owner}: needs a ref to a Service or JobSink, or an http uri, not {dict(spec)}")
    return Destination(kind=ref["kind"], name=ref["name"], path="/" + uri.lstrip("/"))


def duration_s(text: object, *, owner: str) -> float:
    """An ISO 8601 duration of days and less, in seconds. Raises Refused."""
    pattern = r"P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?"
    match = re.fullmatch(pattern, str(text))
    if match is None or not any(match.groups()):
        raise Refused(f"{owner}: {text!r} is no ISO 8601 duration such as PT0.2S")
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (86400, 3600, 60, 1), strict=True))
