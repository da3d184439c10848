"""Registry notifications: which sender speaks, and which pushes its body tells of.

`receive_artifact` calls `read`. A new sender is one file and one line in `SENDERS`, or a mapping file (`mappings/`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, cast

from keptn import names
from keptn.events import derived_id, rfc3339, utc
from keptn.webhooks.senders import by_shape
from keptn.webhooks.senders.by_shape import Sender


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

LONGEST_ID = 256
"""Characters of a sender's id that an event carries; of a longer one, its hash."""
_SHOWN = 80

NO_TAG = "it has no tag (a part of a multi-platform image, or a push by digest)"
IS_SIGNATURE = "it is a signature or attestation of an image, not an image"
_SIGNATURE = re.compile(r"sha256-[0-9a-f]{64}(\.(sig|att|sbom))?")


def is_signature(tag: str) -> bool:
    """Whether cosign or OCI referrers keep under this tag what belongs to an image."""
    return _SIGNATURE.fullmatch(tag) is not None


def within(value: object, *keys: str) -> Mapping[str, Any]:
    """The object to which the keys lead; an empty one if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A text or number; empty for anything else."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def why_no_image(repository: str, tag: str) -> str:
    """Why that is no image that can be delivered; empty if it is one."""
    if not repository:
        return "it names no repository"
    if not tag:
        return NO_TAG
    return IS_SIGNATURE if is_signature(tag) else ""


def sound(entries: Notification) -> Notification:
    """The entries with what no registry allows left out: names become folders and objects, ids travel in events."""
    return [_sound(entry) if isinstance(entry, Push) else entry for entry in entries]


def _sound(push: Push) -> Push | Ignored:
    if not names.is_repository(push.repository):
        return Ignored(what=str(push), why=f"{push.repository[:_SHOWN]!r} is no repository of images")
    if not names.is_tag(push.tag):
        return Ignored(what=str(push), why=f"{push.tag[:_SHOWN]!r} is no tag")
    return replace(
        push,
        host=push.host if re.fullmatch(r"[^\s/]{1,255}", push.host) else "",
        event_id=push.event_id if len(push.event_id) <= LONGEST_ID else id_of(push.event_id),
    )


def id_of(*parts: object) -> str:
    """An id for a notification that has none: the same of the same parts."""
    return derived_id("notification", *(json.dumps(part, sort_keys=True) for part in parts))


def time_of(value: object) -> str:
    """When something was sent, of an RFC 3339 time or unix seconds; empty for anything else: it decides little."""
    try:
        unix = isinstance(value, int | float) or re.fullmatch(r"[0-9]{1,11}", str(value))
        return rfc3339(datetime.fromtimestamp(float(str(value)), UTC) if unix else utc(str(value)))
    except (ValueError, OverflowError, OSError):
        return ""


SENDERS = {
    "docker-distribution": "Docker Distribution",
    "artifact-registry": "Google Artifact Registry",
    "harbor": "Harbor",
    "ghcr": "GitHub Container Registry",
    "docker-hub": "Docker Hub",
    "zot": "Zot",
    "cdevents": "CDEvents",
}
"""Name in the URL, which is the module's with dashes, and for people."""


def sender(name: str) -> Sender[Notification]:
    """One of SENDERS."""
    return cast(Sender[Notification], import_module(f"keptn.webhooks.senders.{name.replace('-', '_')}"))


def read(body: Mapping[str, Any], headers: Mapping[str, str], *, name: str = "") -> Notification:
    """Every entry of a notification. name: of SENDERS, if the URL says who sends; else by the shape.

    Raises Undecodable for a shape that no known registry sends, Refused where the sender has to be set up otherwise.
    """
    what = {"kind": "registry", "other": "receive-artifact/quay"}
    return by_shape.read(body, headers, name=name, senders=SENDERS, sender=sender, **what)
