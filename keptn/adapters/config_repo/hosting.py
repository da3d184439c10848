"""A Git server over HTTP for an installation that has none (`knative/overlays/kind`): real `git`, and our `remote.py`.

    gunicorn 'keptn.adapters.config_repo.hosting:application()'

A repository appears when its name is first used: `<state folder>/repos/<name>.git`, bare, HEAD `main`. One login opens
all of them: secret `git`, keys `user` and `token`. dulwich speaks the protocol; what is done here is what it leaves
out: it reports a push that lost its race as made, it gives no commit that is named, and it asks nobody who is there.
"""

from __future__ import annotations

import base64
import hmac
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

from dulwich.errors import NotGitRepository
from dulwich.repo import Repo
from dulwich.server import Backend, ReceivePackHandler
from dulwich.web import GunzipFilter, HTTPGitApplication

from keptn.adapters.machine.file_lock import locked
from keptn.adapters.secrets.folder import FolderSecrets
from keptn.errors import Refused
from keptn.names import is_name
from keptn.settings import Settings, current

MOST_BYTES = 32 * 1024 * 1024
"""The longest push: it is read whole before a repository is locked for it, so a slow sender is in nobody's way."""
MOST_PACKS = 50
"""Each push is a pack of its own; of more one is made. Git's own number (gc.autoPackLimit)."""
_WANTED = re.compile(rb"^....want ([0-9a-f]{40})", re.MULTILINE)
_GONE = b"0" * 40


class GitHosting:
    """The WSGI application. folder: of the repositories."""

    def __init__(self, folder: Path, *, user: str, token: str) -> None:
        self._folder = folder
        self._login = b"Basic " + base64.b64encode(f"{user}:{token}".encode())

    @classmethod
    def open(cls, *, settings: Settings) -> GitHosting:
        secrets = FolderSecrets.open(settings=settings)
        user, token = ((secrets.get("git", key) or "").strip() for key in ("user", "token"))
        if not (user and token):
            raise Refused(f"the secret git has no user and token below {settings.state_dir}/secrets; mount it there")
        return cls(settings.state_dir / "repos", user=user, token=token)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        if not hmac.compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode(), self._login):
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return []
        body = environ["wsgi.input"].read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            start_response("413 Content Too Large", [("Content-Length", "0"), ("Connection", "close")])
            return []
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # the server has put the chunks together already
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self._served(environ, start_response)

    def _served(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:  # noqa: ANN401 - WSGI's
        with closing(_Repositories(self._folder, named=_WANTED.findall(environ["wsgi.input"].getvalue()))) as found:
            handlers: Any = {b"git-receive-pack": _ReceivePack}
            yield from GunzipFilter(HTTPGitApplication(found, handlers=handlers))(environ, start_response)


class _Repositories(Backend):
    """The repositories that one request opens. named: commits that it wants by their ids."""

    def __init__(self, folder: Path, *, named: Iterable[Any]) -> None:
        self._folder, self._named, self._opened = folder, named, list[_Repository]()

    def open_repository(self, path: str | bytes) -> Any:  # noqa: ANN401 - dulwich's BackendRepo
        name = (path if isinstance(path, str) else path.decode(errors="replace")).strip("/").removesuffix(".git")
        if not is_name(name):
            raise NotGitRepository(f"{name!r} cannot name a repository")
        folder = self._folder / f"{name}.git"
        if not folder.exists():
            _make(folder)
        self._opened.append(_Repository(str(folder)))
        self._opened[-1].named = self._named
        return self._opened[-1]

    def close(self) -> None:
        for repository in self._opened:
            repository.close()


def _make(folder: Path) -> None:
    """It appears as a whole, by renaming; of those who come at once one makes it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / ".lock"):
        if not folder.exists():
            fresh = folder.with_name(f".new-{uuid.uuid4()}")
            fresh.mkdir()
            Repo.init_bare(str(fresh), default_branch=b"main").close()
            fresh.rename(folder)


class _Repository(Repo):
    """named: commits that may be asked for beside the refs, as Git's own protocol 2 has it."""

    named: Iterable[Any] = ()

    def get_refs(self) -> Mapping[Any, Any]:  # type: ignore[override]
        wanted = [commit for commit in self.named if commit in self.object_store]
        return {**super().get_refs(), **{b"refs/wanted/" + commit: commit for commit in wanted}}


class _ReceivePack(ReceivePackHandler):
    """A push moves each ref if it still is where the pusher saw it; an atomic one all or none."""

    repo: Any

    def _apply_pack(self, refs: Any) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401 - dulwich's
        store = self.repo.object_store
        store.fsync_object_files = True  # or a power cut could leave a branch on a commit that is not there
        with locked(Path(self.repo.path) / "keptn.lock"):
            yield from super()._apply_pack(refs)
            if len(store.packs) > MOST_PACKS:
                store.repack()

    def _on_update(self, ref_name: Any, old_sha: Any, _new_sha: Any) -> bytes | None:  # noqa: ANN401 - dulwich's
        for lock in (f"{ref_name.decode(errors='replace')}.lock", "packed-refs.lock"):
            Path(self.repo.path, lock).unlink(missing_ok=True)  # left by a process that was killed: we have the lock
        moved = self.repo.refs.as_dict().get(ref_name, _GONE) != old_sha
        return b"failed to update ref: it has moved" if moved else None


def application() -> GitHosting:
    """What gunicorn serves. Raises Refused, with which it does not start."""
    return GitHosting.open(settings=current())
