"""An image's name taken apart as Docker does: where its registry is, and what it is called there.

Source: distribution/reference, normalize.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from keptn import names

HUB = "docker.io"
_HUB_API = "registry-1.docker.io"
_HUB_NAMES = frozenset({HUB, "index.docker.io", _HUB_API})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageName:
    """host: of the registry, with its port. digest: empty, unless the name holds one."""

    host: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def api(self) -> str:
        """The host that answers: Docker Hub has another one for that."""
        return _HUB_API if self.host == HUB else self.host

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


def parse(image: str) -> ImageName:
    """`repository:tag`, without a tag `latest`, with `@sha256:…` pinned. Raises Refused for a name that is none."""
    named, pinned, digest = image.partition("@")
    names.check_image(named)
    repository, _, tag = named.rpartition(":")
    if not repository or "/" in tag:  # the colon, if any, is of the host's port
        repository, tag = named, "latest"
    host, slash, path = repository.partition("/")
    if not slash or not _is_host(host):
        host, path = HUB, repository
    if host in _HUB_NAMES:
        host, path = HUB, path if "/" in path else f"library/{path}"
    return ImageName(host=host.lower(), repository=path, tag=tag, digest=names.check_digest(digest) if pinned else "")


def _is_host(text: str) -> bool:
    return "." in text or ":" in text or text == "localhost" or text != text.lower()
