"""The image registry in memory: for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from keptn.adapters.registry.unknown_image import unknown_image


class MemoryRegistry:
    """Knows what was pushed with `push`."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self._platforms: dict[str, frozenset[str]] = {}

    @classmethod
    def open(cls) -> MemoryRegistry:
        return cls()

    def push(self, image: str, content: bytes, *, platforms: Collection[str] = ("linux/amd64",)) -> str:
        """Put content under `repository:tag`; return its digest."""
        self._platforms[image] = frozenset(platforms)
        self._digests[image] = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return self._digests[image]

    def platforms(self, image: str) -> frozenset[str]:
        named = image.partition("@")[0]
        self.digest(named)
        return self._platforms[named]

    def digest(self, image: str) -> str:
        if image in self._digests:
            return self._digests[image]
        repository = image.rpartition(":")[0]
        names = (known.rpartition(":") for known in self._digests)
        raise unknown_image(image, tags=[tag for name, _, tag in names if name == repository], where="the registry")
