"""The config repo as bare Git repositories in a folder, `<project>.git`: anybody may clone them and push to them.

Which projects have a repository of their own elsewhere: `own_remotes.py`.

It works on the repository's objects directly, so the cost of a commit does not grow with history. One process of keptn
at a time commits to a repository (a file lock), and every move of a branch is a compare-and-swap under Git's own ref
lock, which excludes people who push meanwhile.
"""

from __future__ import annotations

import itertools
import shutil
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from keptn.adapters.config_repo import rules
from keptn.adapters.machine.file_lock import locked
from keptn.errors import LostRace, Unavailable
from keptn.names import is_name
from keptn.ports import Change, Commit, Tree

if TYPE_CHECKING:
    from dulwich.objects import Blob, ObjectID
    from dulwich.refs import Ref


_CREATED = b"refs/keptn/created"  # a blob that says from what the repository was made: how a repeat is recognised
MOST_LOOSE = 1000  # objects in files of their own, 4 KiB each, before they are packed: some forty deliveries
MOST_PACKS = 10  # before they become one: each is looked into when a repository is opened
_STALE_LOCK_S = 10.0  # Git holds a ref's lock for milliseconds; one this old was left by a process that was killed


class GitConfigRepo:
    """A folder of bare repositories; a repository appears and disappears as a whole, by renaming."""

    def __init__(self, folder: Path, *, most_loose: int = MOST_LOOSE) -> None:
        self._folder, self._most_loose = folder, most_loose

    def create(self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str) -> None:
        from keptn.adapters.config_repo.git_objects import origin_blob

        for path in itertools.chain.from_iterable(branches.values()):
            rules.check_path(path)
        if not is_name(project):
            raise rules.bad_project(project)
        origin = origin_blob(branches, message)
        with _as_unavailable(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder / ".lock"):
                self._sweep()
                if not self._path(project).exists():
                    _build(self._folder / f".new-{uuid.uuid4()}", branches, message, origin).rename(self._path(project))
                elif self._origin(project) != origin.id:
                    raise rules.exists_already(project)

    def has(self, project: str) -> bool:
        return is_name(project) and self._path(project).is_dir()

    def refs(self, project: str) -> Mapping[bytes, bytes]:
        """Where each ref of the project points. Raises Unknown."""
        with self._opened(project) as repo:
            return dict(repo.get_refs())

    def hand_over(
        self, project: str, take: Callable[[Any, Mapping[bytes, bytes]], None], *, then: Callable[[], None]
    ) -> None:
        """Have somebody take the repository and its refs; then it stands aside, and the project is here no more.

        Meanwhile keptn commits nothing; what a person pushes is taken, too. then: once all is taken.
        """
        aside = self._folder / f".moved-{project}-{uuid.uuid4().hex[:8]}"
        with _as_unavailable(self._path(project)), locked(self._path(project) / "keptn.lock"):
            taken: Mapping[bytes, bytes] = {}
            while (refs := self.refs(project)) != taken:
                with self._opened(project) as repo:
                    take(repo, refs)
                taken = refs
            then()
            self._path(project).rename(aside)

    def delete(self, project: str) -> None:
        aside = self._folder / f".old-{uuid.uuid4()}"
        with _as_unavailable(self._folder):
            if project in self.projects():
                self._path(project).rename(aside)
                shutil.rmtree(aside, ignore_errors=True)

    def projects(self) -> Sequence[str]:
        return sorted(path.name.removesuffix(".git") for path in self._folder.glob("[a-z]*.git"))

    def branches(self, project: str) -> Sequence[str]:
        with self._opened(project) as repo:
            return sorted(name.decode(errors="replace") for name in repo.refs.as_dict(b"refs/heads"))

    def add_branch(self, project: str, branch: str, files: Mapping[str, bytes], *, message: str) -> None:
        for path in files:
            rules.check_path(path)
        self._open(project).close()
        place = self._path(project)
        with _as_unavailable(place), locked(place / "keptn.lock"), self._opened(project) as repo:
            if branch not in self.branches(project):
                _add_branch(repo, branch, files, message)

    def tree(self, project: str, branch: str, *, commit: str = "") -> Tree:
        from keptn.adapters.config_repo.git_objects import GitTree, Store, commit_in

        repo = self._open(project)
        try:
            found = commit_in(Store(repo), commit) if commit else self._head(repo, project, branch)
            if found is None:
                raise rules.no_commit(project, branch, commit)
            tree = GitTree(Store(repo), found)
        except BaseException:
            repo.close()
            raise
        weakref.finalize(tree, repo.close)
        return tree

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        self._open(project).close()  # a project that is not there must not get a lock file
        with _as_unavailable(self._path(project)), locked(self._path(project) / "keptn.lock"):
            return rules.repeated(
                lambda: self._commit_once(project, branch, change, message),
                project=project,
                branch=branch,
                pause_s=0.01,
            )

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        from keptn.adapters.config_repo.git_objects import Store, log

        with self._opened(project) as repo:
            head = self._head(repo, project, branch)
            return list(itertools.islice(log(Store(repo), head), limit))

    def _commit_once(self, project: str, branch: str, change: Change, message: str) -> str:
        from keptn.adapters.config_repo.git_objects import GitTree, Store, new_commit, write_tree

        with self._opened(project) as repo:
            head = self._head(repo, project, branch)
            tree = GitTree(Store(repo), head)
            changed = rules.effective(tree, change(tree))
            if not changed:
                return head.decode()
            root = write_tree(Store(repo), tree.root, changed, add=lambda o: _add(repo, o))
            commit = new_commit(root, parents=[head], message=message)
            _add(repo, commit)
            _move(repo, _ref(branch), old=head, new=commit.id)
            _tidy(repo, self._path(project), most_loose=self._most_loose)
            return str(commit.id.decode())

    def _head(self, repo: Any, project: str, branch: str) -> ObjectID:  # noqa: ANN401 - dulwich's Repo
        try:
            return cast("ObjectID", repo.refs[_ref(branch)])
        except (KeyError, ValueError) as exc:
            heads = repo.refs.as_dict(b"refs/heads")
            raise rules.no_branch(project, branch, [name.decode(errors="replace") for name in heads]) from exc

    def _origin(self, project: str) -> bytes:
        with self._opened(project) as repo:
            return bytes(repo.refs[_CREATED]) if _CREATED in repo.refs else b""

    @contextmanager
    def _opened(self, project: str) -> Iterator[Any]:
        repo = self._open(project)
        try:
            yield repo
        finally:
            repo.close()

    def _open(self, project: str) -> Any:  # noqa: ANN401 - dulwich's Repo
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            if is_name(project):
                repo = Repo(str(self._path(project)))
                # or a power cut could leave a branch on a commit that is not there
                repo.object_store.fsync_object_files = True
                return repo
        except NotGitRepository:
            pass
        raise rules.no_project(project, self.projects())

    def _path(self, project: str) -> Path:
        return self._folder / f"{project}.git"

    def _sweep(self) -> None:
        """Remove what processes that were killed have left half-made or half-deleted."""
        for left in [*self._folder.glob(".new-*"), *self._folder.glob(".old-*")]:
            shutil.rmtree(left, ignore_errors=True)


def _build(path: Path, branches: Mapping[str, Mapping[str, bytes]], message: str, origin: Blob) -> Path:
    from dulwich.repo import Repo

    path.mkdir()
    with Repo.init_bare(str(path), default_branch=b"main") as repo:
        repo.object_store.fsync_object_files = True
        for branch, files in branches.items():
            _add_branch(repo, branch, files, message)
        repo.object_store.add_object(origin)
        repo.refs.set_if_equals(cast("Ref", _CREATED), None, origin.id, committer=rules.AUTHOR.encode())
    return path


def _add_branch(repo: Any, branch: str, files: Mapping[str, bytes], message: str) -> None:  # noqa: ANN401 - dulwich's
    """A branch that is not there, with a history of its own."""
    from keptn.adapters.config_repo.git_objects import Store, new_commit, write_tree

    root = write_tree(Store(repo), None, files, add=lambda found: _add(repo, found))
    commit = new_commit(root, parents=[], message=message)
    _add(repo, commit)
    repo.refs.set_if_equals(_ref(branch), None, commit.id, committer=rules.AUTHOR.encode())


def _ref(branch: str) -> Ref:
    return cast("Ref", b"refs/heads/" + branch.encode(errors="replace"))


def _add(repo: Any, git_object: Any) -> None:  # noqa: ANN401 - dulwich's
    """Write an object. A lock in the way is a dead process's: the living are excluded by our file lock."""
    from dulwich.file import FileLocked

    try:
        repo.object_store.add_object(git_object)
    except FileLocked as exc:
        Path(_text(exc.lockfilename)).unlink(missing_ok=True)
        repo.object_store.add_object(git_object)


def _move(repo: Any, ref: bytes, *, old: bytes, new: bytes) -> None:  # noqa: ANN401 - dulwich's
    """Move a branch from old to new under Git's lock of the ref. Raises LostRace."""
    from dulwich.file import FileLocked

    try:
        if repo.refs.set_if_equals(ref, old, new, committer=rules.AUTHOR.encode(), message=b"commit"):
            return
    except FileLocked as exc:
        lock = Path(_text(exc.lockfilename))
        if lock.exists() and time.time() - lock.stat().st_mtime > _STALE_LOCK_S:
            lock.unlink(missing_ok=True)
    raise LostRace(f"{_text(ref)} has moved from {_text(old)}")


def _tidy(repo: Any, path: Path, *, most_loose: int) -> None:  # noqa: ANN401 - dulwich's
    """Pack the single files now and then, and all packs into one, as `git gc --auto` would: disk use stays small.

    It takes 0.3 s for a thousand objects, 1.2 s for what ten packs hold. One folder in 256 is counted, as Git does.
    """
    sample, packs = path / "objects" / "17", path / "objects" / "pack"
    if not sample.is_dir() or sum(1 for _ in sample.iterdir()) <= most_loose / 256:
        return
    if sum(1 for _ in packs.glob("*.pack")) < MOST_PACKS:
        repo.object_store.pack_loose_objects()
    else:
        repo.object_store.repack()


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


@contextmanager
def _as_unavailable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise Unavailable(f"the config repo {path} cannot be used now: {exc.strerror or exc}") from exc
