"""Registry notifications: which sender speaks, and which pushes its body tells of.

`receive_artifact` calls `read`. A new sender is one file and one line in `SENDERS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from keptn.errors import Undecodable


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One image that was pushed under a tag; a hint only, the registry is asked for the digest.

    event_id: the registry's own id of this notification. repository: without registry host; host: where it was pushed.
    digest: as the sender says, empty if it does not. sent_at: by the registry's clock, empty if it does not say.
    """

    event_id: str
    host: str
    repository: str
    tag: str
    digest: str = ""
    sent_at: str = ""

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """One entry of a notification that starts nothing, and why."""

    what: str
    why: str


Notification = Sequence[Push | Ignored]

NO_TAG = "it has no tag (a part of a multi-platform image, or a push by digest)"
IS_SIGNATURE = "it is a signature or attestation of an image, not an image"
_SIGNATURE = re.compile(r"sha256-[0-9a-f]{64}(\.(sig|att|sbom))?")


def is_signature(tag: str) -> bool:
    """Whether cosign or OCI referrers keep under this tag what belongs to an image."""
    return _SIGNATURE.fullmatch(tag) is not None


class Sender(Protocol):
    """One registry's format. headers: of the request, names in lower case."""

    def recognises(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> bool: ...

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification: ...


SENDERS = {"Docker Distribution": "docker_distribution", "Google Artifact Registry": "artifact_registry"}
"""Name for people, module of this package."""


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Notification:
    """Every entry of a notification.

    Raises Undecodable for a shape that no known registry sends, Refused where the sender has to be set up otherwise.
    """
    for module in SENDERS.values():
        sender = cast(Sender, import_module(f"keptn.webhooks.senders.{module}"))
        if sender.recognises(body, headers):
            return sender.read(body, headers)
    raise Undecodable(f"the body is no notification of a known registry ({', '.join(SENDERS)}); see docs/webhooks.md")
