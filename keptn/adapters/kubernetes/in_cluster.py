"""The Kubernetes API as a pod reaches it: with the token and the certificate that are mounted into it.

For steps that need one object of it. Not with the package `kubernetes`, whose import takes longer than such a step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keptn.adapters.kubernetes.refusals import refusal
from keptn.errors import Unavailable
from keptn.ports import HttpAnswer

if TYPE_CHECKING:
    from keptn.adapters.http.httpx_client import HttpxHttp

URL = "https://kubernetes.default.svc"
MOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Files `token`, `ca.crt`, `namespace`. Source: Kubernetes, "Accessing the Kubernetes API from a Pod"."""
TIMEOUT_S = 10.0
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
        content = b"" if body is None else json.dumps(body).encode()
        answer = self._http.request(method, f"{self._url}{path}", headers=headers, body=content, timeout_s=TIMEOUT_S)
        if answer.status == 404 and method != "POST":
            return None
        if 200 <= answer.status < 300:
            return _object(answer)
        raise refusal(answer.status, answer.text, doing=f"do {method} {path}")

    @cached_property
    def _http(self) -> HttpxHttp:
        import ssl

        import httpx

        from keptn.adapters.http.httpx_client import HttpxHttp

        try:
            trusted = ssl.create_default_context(cafile=self._mount / "ca.crt")
        except OSError as exc:
            raise Unavailable(f"{self._mount}/ca.crt cannot be used: {exc}; it comes with the pod's token") from exc
        return HttpxHttp(httpx.HTTPTransport(verify=trusted))

    def _mounted(self, file: str) -> str:
        try:
            return (self._mount / file).read_text(encoding="utf-8").strip()
        except OSError as exc:
            reason = f"{self._mount}/{file} cannot be read: {exc.strerror}"
            raise Unavailable(f"{reason}; is automountServiceAccountToken off for this pod?") from exc


def _object(answer: HttpAnswer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise Unavailable("what the Kubernetes API answered is no object; is it behind a proxy?")  # it may hold a secret
