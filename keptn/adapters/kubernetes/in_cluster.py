"""The Kubernetes API as a pod reaches it: with the token and the certificate that are mounted into it.

For steps that need one object of it. Not with the package `kubernetes`, whose import takes longer than such a step, but
with urllib3, which the bucket and Git over HTTPS have imported already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keptn.adapters.kubernetes.refusals import refusal
from keptn.errors import Unavailable

if TYPE_CHECKING:
    import urllib3

URL = "https://kubernetes.default.svc"
MOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Files `token`, `ca.crt`, `namespace`. Source: Kubernetes, "Accessing the Kubernetes API from a Pod"."""
CONNECT_S, ANSWER_S = 5.0, 10.0
MOST_KEPT = 32
"""Connections that are kept: as many as a function has threads."""
MERGE_PATCH = "application/merge-patch+json"
NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""A list without what is in the objects."""


class InCluster:
    """One connection pool for all threads; what may be done is up to the rights of the pod's service account."""

    def __init__(self, url: str = URL, mount: Path = MOUNT) -> None:
        self._url, self._mount = url, mount

    @cached_property
    def namespace(self) -> str:
        """The pod's own."""
        return self._mounted("namespace")

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any] | None:
        """What the API answers; None if the object is not there.

        Raises LostRace (it changed, or is there already), Refused (that can never work) or Unavailable.
        """
        # read each time: the kubelet renews it, and an old one ends after an hour
        headers = {"authorization": f"Bearer {self._mounted('token')}", "accept": accept, "content-type": content_type}
        content = None if body is None else json.dumps(body).encode()
        status, answer = self._exchanged(method, f"{self._url}{path}", headers, content)
        if status == 404 and method != "POST":
            return None
        if 200 <= status < 300:
            return _object(answer)
        raise refusal(status, answer.decode(errors="replace"), doing=f"do {method} {path}")

    def _exchanged(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        from urllib3.exceptions import HTTPError

        try:
            answer = self._pool.request(method, url, headers=headers, body=body)
        except (HTTPError, OSError) as exc:  # OSError: a certificate file that is none
            reason = str(exc).rpartition(": ")[2] or type(exc).__name__
            raise Unavailable(f"the Kubernetes API at {self._url} cannot be reached: {reason}") from exc
        return answer.status, answer.data

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        import urllib3

        timeout = urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S)
        trusted = str(self._mount / "ca.crt")
        return urllib3.PoolManager(maxsize=MOST_KEPT, ca_certs=trusted, retries=False, timeout=timeout)

    def _mounted(self, file: str) -> str:
        try:
            return (self._mount / file).read_text(encoding="utf-8").strip()
        except OSError as exc:
            reason = f"{self._mount}/{file} cannot be read: {exc.strerror}"
            raise Unavailable(f"{reason}; is automountServiceAccountToken off for this pod?") from exc


def _object(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise Unavailable("what the Kubernetes API answered is no object; is it behind a proxy?")  # it may hold a secret
