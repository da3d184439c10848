"""The object store in a bucket of Google Cloud Storage: in production.

Credentials are what the library finds: the pod's service account (workload identity), or the file that
GOOGLE_APPLICATION_CREDENTIALS names; none where STORAGE_EMULATOR_HOST is set.

A connection that breaks is tried once more, at once; nothing else is: whatever called is called again by the Broker,
with its back-off, and a name that was written within the last second (429) takes longer than a request should be held.
What was sent twice can lose a race against itself, so each write carries an id of its own in the object's metadata, by
which it is known afterwards.

It does not make the bucket, and ends nothing that is too old there: Terraform and the bucket's lifecycle rules do.
"""

from __future__ import annotations

import gc
import json
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keptn.adapters.store.object_name import checked
from keptn.errors import KeptnError, LostRace, Refused, Unavailable
from keptn.ports import Page, StoredObject
from keptn.settings import Settings

TIMEOUT_S = (3.0, 6.0)
"""To connect, and between two bytes of an answer; twice this is less than the 20 s that a step waits for the world."""
AT_ONCE = 80
"""Connections that are kept, and so reads that pay at once: a page of twenty deliveries is one wait, not several."""
MOST_NAMES = 1000
"""Source: JSON API, objects.list, maxResults."""
ROLE = "roles/storage.objectUser"
"""What keptn needs on its bucket: get, create, delete, list."""
_RIGHTS = {"read": "get", "written": "create and storage.objects.delete", "deleted": "delete", "listed": "list"}
_NEVER = frozenset({400, 405, 411, 413, 414})
"""Answers to the request itself. All others are about the bucket, the way to it, or who may, and pass."""
_NO_BUCKET = "The specified bucket does not exist"
_WRITE = "keptn-write"


class _NoObject(Unavailable):
    """404, and not for want of the bucket."""


class GcsStore:
    """client: google.cloud.storage's, one for all threads. prefix: of every name; empty, or with a slash at its end."""

    reads_at_once = AT_ONCE

    def __init__(self, client: Any, bucket: str, *, prefix: str = "") -> None:  # noqa: ANN401 - the library's
        self._client, self._bucket, self._prefix = client, client.bucket(bucket), prefix
        weakref.finalize(self, client.close)

    @classmethod
    def open(cls, *, settings: Settings) -> GcsStore:
        folder = settings.bucket_prefix.strip("/")
        return cls(_client(), settings.bucket, prefix=f"{folder}/" if folder else "")

    def get(self, name: str) -> StoredObject | None:
        blob = self._blob(name)
        try:
            with self._translated(name, "read"):
                data = blob.download_as_bytes(timeout=TIMEOUT_S, retry=None)
        except _NoObject:
            return None
        # the generation is a header of the answer that held the data
        return StoredObject(name=name, data=data, generation=_generation(blob))

    def put(self, name: str, data: bytes, *, if_generation: int | None = None) -> int:
        blob, write = self._blob(name), str(uuid.uuid4())
        blob.metadata = {_WRITE: write}
        options = {"if_generation_match": if_generation, "timeout": TIMEOUT_S, "retry": None}
        try:
            with self._translated(name, "written"):
                blob.upload_from_string(bytes(data), content_type="application/octet-stream", **options)
        except LostRace:
            found = self._look(name)
            if found is None or (found.metadata or {}).get(_WRITE) != write:
                raise
            return _generation(found)
        return _generation(blob)

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        blob = self._blob(name)
        try:
            with self._translated(name, "deleted"):
                blob.delete(if_generation_match=if_generation, timeout=TIMEOUT_S, retry=None)
        except _NoObject:
            return
        except LostRace:
            if self._look(name) is not None:  # what is not there is in no generation, and GCS may say 412 to that
                raise

    def list(
        self, prefix: str, *, start_offset: str = "", end_offset: str = "", limit: int = 1000, token: str = ""
    ) -> Page:
        names: list[str] = []
        while True:  # an answer may hold fewer names than were asked for, even none, and yet not be the last
            pages = self._client.list_blobs(
                self._bucket,
                prefix=self._prefix + prefix,
                start_offset=self._prefix + start_offset if start_offset else None,
                end_offset=self._prefix + end_offset if end_offset else None,
                page_size=min(limit - len(names), MOST_NAMES),
                page_token=token or None,
                fields="items(name),nextPageToken",
                timeout=TIMEOUT_S,
                retry=None,
            )
            with self._translated(prefix, "listed"):
                names += [blob.name.removeprefix(self._prefix) for blob in next(pages.pages, ())]
            token = pages.next_page_token or ""
            if not token or len(names) >= limit:
                return Page(names=names, next_token=token)

    def _blob(self, name: str) -> Any:  # noqa: ANN401 - the library's
        return self._bucket.blob(checked(self._prefix + checked(name)))

    def _look(self, name: str) -> Any:  # noqa: ANN401 - the library's
        """The object's metadata; None if there is none."""
        with self._translated(name, "read"):
            return self._bucket.get_blob(self._prefix + name, timeout=TIMEOUT_S, retry=None)

    @contextmanager
    def _translated(self, name: str, done: str) -> Iterator[None]:
        """What the library complains about, in our words. done: what was to be done with the name, of `_RIGHTS`."""
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.exceptions import GoogleCloudError
        from google.cloud.storage.exceptions import DataCorruption

        what = f"{name!r} in bucket {self._bucket.name}"
        try:
            yield
        except GoogleCloudError as exc:
            raise _refusal(exc, what, done) from exc
        except GoogleAuthError as exc:
            raise _no_credentials(exc) from exc
        except (OSError, DataCorruption) as exc:  # all errors of requests are OSErrors
            raise Unavailable(f"{what} cannot be {done} now: {type(exc).__name__}: {str(exc)[:200]}") from exc


def _client() -> Any:  # noqa: ANN401 - the library's
    """A client whose connections are enough for all threads. Raises Unavailable without credentials."""
    collecting = gc.isenabled()
    gc.disable()  # importing leaves nothing to collect, and looking for it takes a fifth of the time
    try:
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.storage import Client
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry
    finally:
        if collecting:
            gc.enable()
    try:
        client = Client(project=None)  # objects belong to a bucket; to find the project costs a request
    except GoogleAuthError as exc:
        raise _no_credentials(exc) from exc
    client._bucket_metadata_cache = None  # for traces, which are off, a thread would ask for the bucket itself
    again = Retry(1, status=0, allowed_methods=None, respect_retry_after_header=False)
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, HTTPAdapter(pool_maxsize=AT_ONCE, max_retries=again))
    return client


def _generation(blob: Any) -> int:  # noqa: ANN401 - the library's
    if not blob.generation:
        raise Unavailable(f"what answers for bucket {blob.bucket.name} gives no generation: is it Cloud Storage?")
    return int(blob.generation)


def _refusal(exc: Any, what: str, done: str) -> KeptnError:  # noqa: ANN401 - the library's
    said = _said(exc)
    if exc.code == 412:
        return LostRace(f"{what} is in another generation; read it again")
    if exc.code == 404 and said.startswith(_NO_BUCKET):
        return Unavailable(f"{what} cannot be {done}: there is no such bucket; make it, or correct KEPTN_BUCKET")
    if exc.code == 404:
        return _NoObject(f"{what} is not found; is there such a bucket? see KEPTN_BUCKET")
    if exc.code == 403:
        right = f"storage.objects.{_RIGHTS[done]}"
        return Unavailable(f"{what} may not be {done} by keptn: it lacks {right}; give it {ROLE} there ({said})")
    if exc.code == 429:
        return Unavailable(f"{what} cannot be {done} now: a name takes one write per second; try again later ({said})")
    reason = f"{what} cannot be {done}: the answer was {exc.code}, {said}"
    return Refused(reason) if exc.code in _NEVER else Unavailable(reason)


def _said(exc: Any) -> str:  # noqa: ANN401 - the library's
    """The reason in the answer: JSON, but of downloads plain text."""
    text = exc.response.text if exc.response is not None else str(exc)
    try:
        found = json.loads(text)["error"]["message"]
    except (ValueError, LookupError, TypeError):
        found = text
    return " ".join(str(found).split())[:300]


def _no_credentials(exc: Exception) -> Unavailable:
    return Unavailable(
        f"no credentials for Cloud Storage: {' '.join(str(exc).split())[:200]}; give the pod's service account "
        f"{ROLE} on the bucket (workload identity), or set GOOGLE_APPLICATION_CREDENTIALS"
    )
