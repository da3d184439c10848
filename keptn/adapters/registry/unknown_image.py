"""The sentence for an image that a registry does not have, the same in every adapter."""

from __future__ import annotations

from collections.abc import Collection

from keptn.errors import Unknown

_MOST = 10


def unknown_image(image: str, *, tags: Collection[str], where: str) -> Unknown:
    """tags: those that the repository has, none if there is no such repository."""
    if not tags:
        return Unknown(f"there is no image {image} in {where}: the repository is not known there; push it first")
    shown = sorted(tags)[-_MOST:]
    return Unknown(f"there is no image {image} in {where}; tags: {', '.join(shown)}{' …' if len(tags) > _MOST else ''}")
