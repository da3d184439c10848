"""A Git server over HTTPS: its refs, its commits into memory, and a push that is a compare-and-swap.

The old id is checked when the server tells its refs, and its report afterwards, for neither alone is enough. Used by
`remote.py`. Connections are kept. With an `ssh` program beside it and a key that it finds, SSH works, too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from keptn.errors import LostRace, Refused, Unavailable
from keptn.ports import Secrets
from keptn.records.repository import SECRET
from keptn.web import size

GONE = b"0" * 40
"""What a ref that does not exist points at."""
TIMEOUT_S = 30.0
"""How long a server may be silent, seconds."""
TRIED_S = 5.0
"""How long a project's own server may take to be reached, and all that it may take where somebody waits, seconds."""
MOST_KEPT = 10
"""Connections that are kept for requests that run side by side."""
MOST_BYTES = 256 * 1024 * 1024
"""What a server may send in one exchange, and what that may be when it is unpacked, unless a setting says otherwise.

Each object is counted once it is unpacked: dulwich knows no limit for one.
"""
_LOST = re.compile(r"failed to (update|lock)|cannot lock|fetch first|non-fast-forward|stale info|already (exists|been)")
"""How servers say that a branch has moved; all other reasons are theirs: a protected branch, a hook."""


class GitServer:
    """url: of a project's repository, with `{project}` in it. Its login: secret `git`, keys `user` and `token`.

    login_key: that of a project's own repository alone, which is one URL; nobody is then led elsewhere by a redirect.
    once: it is only tried, so nothing is asked twice. most_bytes: as of MOST_BYTES.
    """

    def __init__(
        self, url: str, *, secrets: Secrets, login_key: str = "", once: bool = False, most_bytes: int = MOST_BYTES
    ) -> None:
        self._url, self._secrets, self._login_key, self._once = url, secrets, login_key, once
        self._most_bytes = most_bytes
        self._login: Mapping[str, str] = {}

    def refs(self, project: str) -> Mapping[bytes, bytes]:
        with self._connected(project) as (client, path):
            return {name: sha for name, sha in client.get_refs(path).refs.items() if sha is not None}

    def writable_refs(self, project: str) -> Mapping[bytes, bytes]:
        """The same from the side of a push, of which none is made: who may only read is told no."""
        seen: dict[bytes, bytes] = {}

        def update(refs: Mapping[bytes, bytes]) -> None:
            seen.update(refs)

        with self._connected(project) as (client, path):
            client.send_pack(path, update, None)
        return {name: sha for name, sha in seen.items() if sha != GONE}

    def fetch(self, project: str, *wanted: bytes, depth: int | None = None) -> Any:  # noqa: ANN401 - dulwich's MemoryRepo
        """What is wanted and so many commits before it, in memory; without a depth, all of them.

        Raises Refused if that is more than `most_bytes`.
        """
        from dulwich.repo import MemoryRepo

        repo: Any = MemoryRepo()
        keep, room = repo.object_store.add_object, self._room(project)

        def keep_if_there_is_room(found: Any) -> None:  # noqa: ANN401 - dulwich's
            room.left -= found.raw_length()
            if room.left >= 0:
                keep(found)

        repo.object_store.add_object = keep_if_there_is_room  # dulwich unpacks object by object into it
        with self._connected(project) as (client, path):
            client.fetch(path, repo, determine_wants=lambda *_, **__: list(wanted), depth=depth)
        room.take(0)  # not before: dulwich leaves its file open when that is cut short
        repo.object_store.add_object = keep
        return repo

    def push(
        self, project: str, *, old: Mapping[bytes, bytes], new: Mapping[bytes, bytes], objects: Sequence[Any]
    ) -> None:
        """Move the refs in `new`, all or none, if each still is as in `old`.

        Raises LostRace if one is not, Refused if the server does not want it.
        """
        from dulwich.pack import pack_objects_to_data

        said: list[bytes] = []

        def update(refs: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
            if _moved(refs, old=old, new=new):
                raise LostRace(f"somebody else pushed to {project} first")
            return new

        def pack(*_: object, **__: object) -> Any:  # noqa: ANN401 - dulwich's
            return pack_objects_to_data([(found, None) for found in objects])

        with self._connected(project) as (client, path):
            result = client.send_pack(path, update, pack, atomic=len(new) > 1, progress=said.append)
        failed = {ref.decode(errors="replace"): why for ref, why in (result.ref_status or {}).items() if why}
        if failed:
            raise self._failed(project, failed, b"".join(said), old=old, new=new)

    def named(self, project: str) -> str:
        """Where the project is, for people: without what opens the door."""
        return self._without_login(self._url.replace("{project}", project))

    def _failed(
        self,
        project: str,
        failed: Mapping[str, str],
        said: bytes,
        *,
        old: Mapping[bytes, bytes],
        new: Mapping[bytes, bytes],
    ) -> Refused | LostRace:
        reasons = ", ".join(f"{ref}: {why}" for ref, why in failed.items())
        if any(_LOST.search(why) for why in failed.values()) or _moved(self.refs(project), old=old, new=new):
            return LostRace(f"{self.named(project)} did not take {reasons}")
        words = " ".join(said.decode(errors="replace").split())[:300]
        return Refused(f"{self.named(project)} does not let keptn write {reasons}{f' ({words})' if words else ''}")

    @cached_property
    def _pool(self) -> Any:  # noqa: ANN401 - urllib3's
        from dulwich.client import default_urllib3_manager

        pool = default_urllib3_manager(None, base_url=self._url, timeout=TIMEOUT_S)
        pool.connection_pool_kw["maxsize"] = MOST_KEPT
        return pool

    @contextmanager
    def _connected(self, project: str) -> Iterator[tuple[Any, Any]]:
        from dulwich.client import HTTPUnauthorized, get_transport_and_path
        from dulwich.errors import GitProtocolError, NotGitRepository
        from urllib3.exceptions import HTTPError

        url, there = self._url.replace("{project}", project), self.named(project)
        login, self._login = self._login or self._read_login(), {}  # known only while the server takes it
        options: dict[str, Any] = {**login}
        exchange = _Exchange(self._pool, self._room(project), own=bool(self._login_key), once=self._once)
        if url.startswith(("http://", "https://")):
            options["pool_manager"] = exchange
        try:
            yield get_transport_and_path(url, **options)
            self._login = login
        except NotGitRepository as exc:
            raise Refused(f"there is no repository at {there}; make an empty one there first") from exc
        except HTTPUnauthorized as exc:
            raise Unavailable(f"{there} wants other credentials; {self._where_login(project)}") from exc
        except (GitProtocolError, HTTPError, OSError) as exc:
            if "http resp 403" in str(exc):
                raise Unavailable(
                    f"{there} does not let this login in (403); it must read and write: {self._where_login(project)}"
                ) from exc
            raise Unavailable(f"{there} cannot be used now: {self._without_login(_in_short(exc))}") from exc
        finally:
            exchange.end()

    def _room(self, project: str) -> _Room:
        return _Room(self._most_bytes, self.named(project))

    def _where_login(self, project: str) -> str:
        if self._once:
            return "give the right ones: --git-user=… --git-token=…"
        if self._login_key:
            return f"give them: keptn update project {project} --git-user=… --git-token=…"
        return "see secret git, keys user, token"

    def _read_login(self) -> Mapping[str, str]:
        if self._login_key:
            user, _, password = (self._secrets.get(SECRET, self._login_key) or "").partition(":")
            return {"username": user, "password": password} if password else {}
        name, token = self._secrets.get(SECRET, "user"), self._secrets.get(SECRET, "token")
        return {"username": name or "keptn", "password": token.strip()} if token else {}

    def _without_login(self, text: str) -> str:
        login = re.match(r"\w+://([^/@]*)@", self._url)
        return text.replace(f"{login[1]}@", "") if login else text


class _Room:
    """How much may still come. sender: for people."""

    def __init__(self, most_bytes: int, sender: str) -> None:
        self._most_bytes, self._sender = most_bytes, sender
        self.left = most_bytes

    def take(self, amount: int) -> None:
        """Raises Refused."""
        self.left -= amount
        if self.left < 0:
            raise Refused(
                f"{self._sender} holds more than {size(self._most_bytes)} at once, more than keptn reads; keep what is "
                "no configuration elsewhere, or let who installed keptn raise KEPTN_GIT_MOST_MIB"
            )


class _Exchange:
    """The pool as one exchange uses it: a connection whose answer nobody read to its end is closed with it."""

    def __init__(self, pool: Any, room: _Room, *, own: bool, once: bool) -> None:  # noqa: ANN401 - urllib3's
        self._pool, self._room, self._answers = pool, room, list[Any]()
        self._how: dict[str, Any] = {}
        if own:
            from urllib3 import Timeout

            patience = Timeout(connect=TRIED_S, read=TRIED_S if once else TIMEOUT_S)
            self._how = {"redirect": False, "retries": 0 if once else 1, "timeout": patience}

    @property
    def headers(self) -> Any:  # noqa: ANN401
        return self._pool.headers

    def request(self, *arguments: Any, **given: Any) -> Any:  # noqa: ANN401
        self._answers.append(self._pool.request(*arguments, **given, **self._how))
        answer = self._answers[-1]
        answer.read = self._bounded(answer.read)
        if self._how and 300 <= answer.status < 400:
            elsewhere = str(answer.headers.get("location", "")).partition("?")[0].removesuffix("/info/refs")
            raise Refused(
                f"the server says that the repository is elsewhere: {_without_user(elsewhere)}; name that URL"
            )
        return answer

    def _bounded(self, read: Callable[[int], bytes]) -> Callable[..., bytes]:
        """Without an amount all is asked for: what there is room for, and a byte more."""

        def bounded(amount: int | None = None, **_: object) -> bytes:
            found = read(self._room.left + 1 if amount is None or amount < 0 else amount)
            self._room.take(len(found))
            return found

        return bounded

    def end(self) -> None:
        for answer in self._answers:
            answer.close()


def _in_short(exc: BaseException) -> str:
    """urllib3's reason without the attempts around it."""
    cause = exc.__cause__ or exc
    found = str(getattr(cause, "reason", None) or cause or exc)
    return re.sub(r"^<[^>]*>: |^\w+\(host=[^)]*\): ", "", found) or type(exc).__name__


def _without_user(url: str) -> str:
    return re.sub(r"://[^/@]*@", "://", url)[:300]


def check_url(url: str) -> None:
    """Raises Refused for a URL that no project's repository can be reached at."""
    if "{project}" not in url:
        raise Refused(
            f"KEPTN_GIT_URL={_without_user(url)!r} must contain {{project}}, as in https://git.example.com/{{project}}.git"
        )
    if not url.startswith(("http://", "https://")) and shutil.which("ssh") is None:
        raise Refused("KEPTN_GIT_URL wants SSH, and this image has no ssh program; write https://, or add one to it")


def _moved(refs: Mapping[bytes, bytes], *, old: Mapping[bytes, bytes], new: Mapping[bytes, bytes]) -> bool:
    return any(refs.get(ref, GONE) != old.get(ref, GONE) for ref in new)
