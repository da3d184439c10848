"""The Kubernetes API over HTTP, whoever asks it: one exchange, and what its answers are to a step.

With urllib3, which the bucket and Git over HTTPS have imported already. The package `kubernetes` takes longer to import
than such a step takes: only who reads a KUBECONFIG needs it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keptn.adapters.kubernetes.refusals import refusal
from keptn.errors import Unavailable

if TYPE_CHECKING:
    import urllib3

CONNECT_S, ANSWER_S = 3.0, 15.0
MERGE_PATCH = "application/merge-patch+json"
NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""A list without what is in the objects."""


class ApiServer(ABC):
    """One connection pool for all threads, made at the first request."""

    @abstractmethod
    def _url(self) -> str:
        """Without the last slash."""

    @abstractmethod
    def _connections(self) -> urllib3.PoolManager:
        """They trust the server's certificate, and try nothing again: whoever asks does."""

    @abstractmethod
    def _credentials(self) -> Mapping[str, str]:
        """Headers that say who asks, new for each request. Raises Unavailable."""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **media: str) -> dict[str, Any] | None:
        """What the API answers; None if the object is not there. media: types, as `exchange` has them.

        Raises LostRace (it changed, or is there already), Refused (that can never work) or Unavailable.
        """
        status, answer = self.exchange(method, path, body, **media)
        if status == 404 and method != "POST":
            return None
        if 200 <= status < 300:
            return as_object(answer)
        raise refusal(status, answer.decode(errors="replace"), doing=f"do {method} {path}")

    def exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> tuple[int, bytes]:
        """Status and content. path: with its query. Raises Unavailable: there was no answer."""
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        headers = {**self._credentials(), "accept": accept, "content-type": content_type}
        content = None if body is None else json.dumps(body).encode()
        timeout = Timeout(connect=CONNECT_S, read=ANSWER_S)
        try:
            answer = self._pool.request(method, f"{self._url()}{path}", headers=headers, body=content, timeout=timeout)
        except (HTTPError, OSError) as exc:  # OSError: a certificate file that is none
            reason = str(exc).rpartition(": ")[2] or type(exc).__name__
            raise Unavailable(f"the Kubernetes API at {self._url()} cannot be reached: {reason}") from exc
        return answer.status, answer.data

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        return self._connections()


def as_object(answer: bytes | str) -> dict[str, Any]:
    """Raises Unavailable: it is none."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise Unavailable("what the Kubernetes API answered is no object; is it behind a proxy?")  # it may hold a secret
