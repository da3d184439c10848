"""Which platforms a service's image must have: `image.platforms` of its values file. Pure.

    platforms: [linux/amd64, linux/arm64]   # os/architecture, or os/architecture/variant

Source: OCI Image Format Specification, "Image Index", platform; github.com/containerd/platforms, "Normalization": the
variants v8 of arm64, v7 of arm and v1 of amd64 are what is meant where none is named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from keptn.documents import Document

_PLATFORM = re.compile(r"[a-z0-9_.-]{1,40}/[a-z0-9_.-]{1,40}(/[a-z0-9_.-]{1,40})?")
_MOST = 20
_PLAIN = {"arm64": "v8", "arm": "v7", "amd64": "v1"}


def read(document: Document, image: Mapping[str, object]) -> tuple[str, ...]:
    """`platforms` of the values file's `image`; none: any will do. Raises InvalidFile, with the line."""
    place, given = ("image", "platforms"), image.get("platforms")
    if given is None:
        return ()
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        raise document.error(f"image.platforms must be a list of 1 to {_MOST} platforms, as [linux/amd64]", *place)
    for number, platform in enumerate(given):
        if not isinstance(platform, str) or not _PLATFORM.fullmatch(platform):
            sentence = f"image.platforms {platform!r} is no platform; write os/architecture, as in linux/arm64"
            raise document.error(sentence, *place, number)
    return tuple(dict.fromkeys(given))


def why_not(wanted: Collection[str], there: Collection[str]) -> str:
    """What an image with the platforms that are there lacks, and what it has; empty if it lacks nothing.

    Without a variant any of the architecture will do.
    """
    has = {_plain(platform) for platform in there}
    missing = [
        one for one in wanted if _plain(one) not in has and not any(f"{found}/".startswith(f"{one}/") for found in has)
    ]
    if not missing:
        return ""
    found = f"has {', '.join(sorted(there))}" if there else "names no platform"
    return f"the image {found}, and lacks {', '.join(missing)} of image.platforms"


def _plain(platform: str) -> str:
    """Without a variant that goes without saying."""
    base, _, variant = platform.rpartition("/")
    return base if _PLAIN.get(base.rpartition("/")[2]) == variant else platform
