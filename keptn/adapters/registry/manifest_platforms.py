"""What an image is for, by its index or its configuration. Pure.

Source: OCI Image Format Specification, "Image Index" and "Image Configuration"; Docker's manifest list has the same.
Attestations stand in an index as images for unknown/unknown (docs.docker.com/build/metadata/attestations/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST = 100


def of_index(index: Mapping[str, Any]) -> frozenset[str]:
    """Of all its entries that say it."""
    entries = index.get("manifests")
    found = (entry.get("platform") for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()
    return frozenset(filter(None, map(_platform, found)))


def of_config(config: Mapping[str, Any]) -> frozenset[str]:
    """None for what is no program: a chart, a signature."""
    return frozenset(filter(None, [_platform(config)]))


def _platform(found: object) -> str:
    if not isinstance(found, dict):
        return ""
    system, architecture, variant = (str(found.get(key) or "") for key in ("os", "architecture", "variant"))
    if not system or not architecture or "unknown" in (system, architecture):
        return ""
    return "/".join(filter(None, (system, architecture, variant)))[:_LONGEST]
