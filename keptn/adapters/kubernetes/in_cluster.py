"""The Kubernetes API as a pod reaches it: with the token and the certificate that are mounted into it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from keptn.adapters.kubernetes.api_server import ApiServer
from keptn.errors import Unavailable

if TYPE_CHECKING:
    import urllib3

URL = "https://kubernetes.default.svc"
MOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Files `token`, `ca.crt`, `namespace`. Source: Kubernetes, "Accessing the Kubernetes API from a Pod"."""
MOST_KEPT = 32
"""Connections that are kept: as many as a function has threads."""


class InCluster(ApiServer):
    """What may be done is up to the rights of the pod's service account."""

    def __init__(self, url: str = URL, mount: Path = MOUNT) -> None:
        self._address, self._mount = url, mount

    @property
    def is_here(self) -> bool:
        """Whether this is a pod that has been given a token."""
        return (self._mount / "token").is_file()

    @cached_property
    def namespace(self) -> str:
        """The pod's own."""
        return self._mounted("namespace")

    def _url(self) -> str:
        return self._address

    def _connections(self) -> urllib3.PoolManager:
        import urllib3

        return urllib3.PoolManager(maxsize=MOST_KEPT, ca_certs=str(self._mount / "ca.crt"), retries=False)

    def _credentials(self) -> Mapping[str, str]:
        """Read each time: the kubelet renews the token, and an old one ends after an hour."""
        return {"authorization": f"Bearer {self._mounted('token')}"}

    def _mounted(self, file: str) -> str:
        try:
            return (self._mount / file).read_text(encoding="utf-8").strip()
        except OSError as exc:
            reason = f"{self._mount}/{file} cannot be read: {exc.strerror}"
            raise Unavailable(f"{reason}; is automountServiceAccountToken off for this pod?") from exc
