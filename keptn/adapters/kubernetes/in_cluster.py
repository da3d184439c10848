"""The Kubernetes API as a pod reaches it: with the token and the certificate that are mounted into it.

For steps that need one object of it. Not with the package `kubernetes`, whose import takes longer than such a step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keptn.errors import KeptnError, LostRace, Refused, Unavailable
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
_NEVER = frozenset({400, 405, 413, 415, 422})
"""Answers to the request itself. All others are about who may, or the way there, and pass."""


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

        Raises LostRace (409: it changed, or is there already), Refused (the request can never work) or Unavailable.
        """
        # read each time: the kubelet renews it, and an old one ends after an hour
        headers = {"authorization": f"Bearer {self._mounted('token')}", "accept": accept, "content-type": content_type}
        content = b"" if body is None else json.dumps(body).encode()
        answer = self._http.request(method, f"{self._url}{path}", headers=headers, body=content, timeout_s=TIMEOUT_S)
        if answer.status == 404 and method != "POST":
            return None
        found = _json(answer)
        if 200 <= answer.status < 300 and found:
            return found
        raise self._trouble(answer.status, str(found.get("message") or "without a reason"))

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

    def _trouble(self, status: int, said: str) -> KeptnError:
        api = f"the Kubernetes API at {urlsplit(self._url).netloc}"
        if status == 401:
            return Unavailable(f"{api} does not know the token in {self._mount} (401); was its ServiceAccount deleted?")
        if status == 403:
            # names the account, what it cannot do, and where
            return Unavailable(f"{api} refuses (403): {said}; a missing right needs a Role there and its RoleBinding")
        if status == 409:
            return LostRace(f"{api}: {said}")
        if status in _NEVER:
            return Refused(f"{api} does not take it ({status}): {said}")
        return Unavailable(f"{api} answered {status}: {said}")


def _json(answer: HttpAnswer) -> dict[str, Any]:
    """Empty for what is no object: a proxy's page, half an answer."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
