"""What a service wants of the images that are pushed to its repository: tags and platforms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn.documents import Document
from keptn.projects import platforms, tag_rules
from keptn.projects.tag_rules import EVERY_TAG, TagRules


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRules:
    """platforms: all of them must be in the image; none: any will do."""

    tags: TagRules = EVERY_TAG
    platforms: tuple[str, ...] = ()

    def stored(self) -> dict[str, object]:
        """What differs from no rule."""
        return {**self.tags.stored(), **({"platforms": list(self.platforms)} if self.platforms else {})}


EVERY_PUSH = PushRules()


def of_stored(stored: Mapping[str, Any]) -> PushRules:
    wanted, tags = stored.get("platforms", ()), {key: value for key, value in stored.items() if key != "platforms"}
    return PushRules(tags=TagRules(**tags), platforms=tuple(wanted))


def read(document: Document, image: Mapping[str, object]) -> PushRules:
    """`tags` and `platforms` of the values file's `image`. Raises InvalidFile, with the line."""
    return PushRules(tags=tag_rules.read(document, image), platforms=platforms.read(document, image))
