"""The image registry of a laptop: a folder per image and tag; the digest is the hash of its content.

A push is a copy into `<state>/images/<repository>/<tag>/`. The registry's host is no part of the folder.
"""

from __future__ import annotations

import platform
from pathlib import Path

from keptn.adapters.registry import image_folder
from keptn.adapters.registry.unknown_image import unknown_image
from keptn.errors import Unavailable
from keptn.settings import Settings

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}
"""As Go calls what the system calls otherwise."""


class FolderRegistry:
    """Reads the folders when asked; keeps nothing."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    @classmethod
    def open(cls, *, settings: Settings) -> FolderRegistry:
        return cls(settings.state_dir)

    def digest(self, image: str) -> str:
        content = image_folder.folder(self._state_dir, image)
        try:
            if content.is_dir():
                return image_folder.content_digest(content)
        except OSError as exc:  # being pushed just now: a file that was listed is gone
            raise Unavailable(
                f"image {image} cannot be read: {exc.strerror} in {content}; is it being pushed?"
            ) from exc
        raise unknown_image(image, tags=_tags(content.parent), where=f"{self._state_dir / 'images'}")

    def platforms(self, image: str) -> frozenset[str]:
        """A folder does not say: it runs here, so what this machine is."""
        self.digest(image.partition("@")[0])
        machine = platform.machine().lower()
        return frozenset({f"{platform.system().lower()}/{_ARCHITECTURES.get(machine, machine)}"})


def _tags(repository: Path) -> list[str]:
    return [path.name for path in repository.iterdir() if path.is_dir()] if repository.is_dir() else []
