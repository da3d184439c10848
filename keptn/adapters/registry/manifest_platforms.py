"""What an image is for, by its index or its configuration. Pure.

Source: OCI Image Format Specification, "Image Index" (an entry's platform is OPTIONAL) and "Image Configuration";
Docker's manifest list has the same. Attestations stand in an index as images for unknown/unknown
(docs.docker.com/build/metadata/attestations/).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

_LONGEST = 100


def of_index(index: Mapping[str, Any]) -> frozenset[str]:
    """Of all its entries that say it."""
    return frozenset(filter(None, (_platform(entry.get("platform")) for entry in _entries(index))))


def unsaid(index: Mapping[str, Any], *, kinds: Collection[str]) -> Sequence[object]:
    """Digests of its entries that do not say it, as a node reads them then: by their configuration.

    kinds: media types of what can be run. Source: containerd, core/images/image.go, `Manifest`.
    """
    entries = (entry for entry in _entries(index) if not entry.get("platform") and not entry.get("artifactType"))
    return [entry.get("digest") for entry in entries if entry.get("mediaType") in kinds]


def _entries(index: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    entries = index.get("manifests")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


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
