"""Git's objects as config repos need them: read a tree, write one with changes, make a commit, list a log.

Works on any object store of dulwich, on disk or in memory. It moves no branch: that is the caller's compare-and-swap.
"""

from __future__ import annotations

import hashlib
import json
import stat
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from dulwich.diff_tree import tree_changes
from dulwich.errors import ChecksumMismatch, ObjectFormatException
from dulwich.object_store import iter_tree_contents
from dulwich.objects import S_ISGITLINK, Blob, ObjectID, ShaFile, Tree
from dulwich.objects import Commit as GitCommit

from keptn.adapters.config_repo.rules import AUTHOR, is_commit_id
from keptn.errors import Unavailable
from keptn.ports import Commit

Parts = tuple[bytes, ...]
Add = Callable[[ShaFile], None]
_FILE = 0o100644


class Store:
    """A repository's objects; what is missing or broken is Unavailable, and says what to do."""

    def __init__(self, repo: Any) -> None:  # noqa: ANN401 - any of dulwich's
        self._objects, self._name = repo.object_store, getattr(repo, "path", "in memory")

    def __getitem__(self, sha: ObjectID) -> Any:  # noqa: ANN401 - of the class that the id says
        try:
            return self._objects[sha]
        except (KeyError, OSError, ObjectFormatException, ChecksumMismatch, zlib.error) as exc:
            raise Unavailable(
                f"the config repo {self._name} is damaged: object {sha.decode()} cannot be read; "
                "run git fsck there, and fetch what is missing from a clone"
            ) from exc

    def __contains__(self, sha: ObjectID) -> bool:
        return sha in self._objects


def commit_in(store: Store, commit: str) -> ObjectID | None:
    """The id of a commit that is there, else None."""
    if not is_commit_id(commit) or (sha := ObjectID(commit.encode())) not in store:
        return None
    return sha if isinstance(store[sha], GitCommit) else None


class GitTree:
    """The files of one commit, read when asked for."""

    def __init__(self, store: Store, commit_id: ObjectID) -> None:
        self._store, self._commit_id = store, commit_id
        self.root: ObjectID = store[commit_id].tree

    @property
    def commit(self) -> str:
        return self._commit_id.decode()

    def read(self, path: str) -> bytes | None:
        mode, sha = self._entry(path)
        return bytes(self._store[sha].as_raw_string()) if stat.S_ISREG(mode) or stat.S_ISLNK(mode) else None

    def list(self, folder: str = "") -> Sequence[str]:
        folder = folder.rstrip("/")
        mode, sha = self._entry(folder) if folder else (stat.S_IFDIR, self.root)
        if not stat.S_ISDIR(mode):
            return []
        below = iter_tree_contents(cast("Any", self._store), sha)
        names = [entry.path.decode(errors="replace") for entry in below if not S_ISGITLINK(entry.mode)]
        return sorted(f"{folder}/{name}" if folder else name for name in names)

    def _entry(self, path: str) -> tuple[int, ObjectID]:
        """Mode and id of what is at the path; mode 0 for nothing."""
        mode, sha = stat.S_IFDIR, self.root
        for part in path.encode(errors="replace").split(b"/"):
            tree = self._store[sha] if stat.S_ISDIR(mode) else {}
            if part not in tree:
                return 0, sha
            mode, sha = tree[part]
        return mode, sha


def write_tree(store: Store, base: ObjectID | None, changed: Mapping[str, bytes | None], *, add: Add) -> ObjectID:
    """The id of the tree `base` with the changes; only folders with changes are read and written."""
    return _write_folder(store, base, {tuple(path.encode().split(b"/")): c for path, c in changed.items()}, add).id


def _write_folder(store: Store, base: ObjectID | None, changed: Mapping[Parts, bytes | None], add: Add) -> Tree:
    tree = store[base].copy() if base else Tree()
    here = {parts[0]: content for parts, content in changed.items() if len(parts) == 1}
    for name in [name for name, content in here.items() if content is None and name in tree]:
        del tree[name]  # first: it makes room for a folder, as a folder that goes makes room for a file
    for name in sorted({parts[0] for parts in changed if len(parts) > 1}):
        _write_below(store, tree, name, changed, add)
    for name, content in here.items():
        if content is not None:
            _write_file(tree, name, content, add)
    add(tree)
    return tree


def _write_below(store: Store, tree: Tree, name: bytes, changed: Mapping[Parts, bytes | None], add: Add) -> None:
    below = {parts[1:]: content for parts, content in changed.items() if len(parts) > 1 and parts[0] == name}
    folder = _write_folder(store, _folder_id(tree, name), below, add)
    if len(folder):
        tree[name] = (stat.S_IFDIR, folder.id)
    elif _folder_id(tree, name):
        del tree[name]


def _folder_id(tree: Tree, name: bytes) -> ObjectID | None:
    mode, sha = tree[name] if name in tree else (0, None)  # noqa: SIM401 - a Tree has no get
    return sha if stat.S_ISDIR(mode) else None


def _write_file(tree: Tree, name: bytes, content: bytes, add: Add) -> None:
    mode = tree[name][0] if name in tree else _FILE
    blob = Blob.from_string(content)
    add(blob)
    tree[name] = (mode if stat.S_ISREG(mode) else _FILE, blob.id)


def new_commit(tree: ObjectID, *, parents: Sequence[ObjectID], message: str) -> GitCommit:
    """A commit by keptn, now."""
    commit = GitCommit()
    commit.tree, commit.parents, commit.message = tree, list(parents), message.encode(errors="replace")
    commit.author = commit.committer = AUTHOR.encode()
    commit.author_time = commit.commit_time = int(time.time())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    return commit


def origin_blob(branches: Mapping[str, Mapping[str, bytes]], message: str) -> Blob:
    """Says from what a project was made; kept under `refs/keptn/created`, it tells a repeat from another project."""
    digests = {b: {p: hashlib.sha256(c).hexdigest() for p, c in files.items()} for b, files in branches.items()}
    return Blob.from_string(
        hashlib.sha256(json.dumps([message, digests], sort_keys=True).encode()).hexdigest().encode()
    )


def log(store: Store, head: ObjectID) -> Iterator[Commit]:
    """The commits of a branch, newest first; of a merge, only what it brought to this branch."""
    commit = store[head]
    while True:
        parent = store[commit.parents[0]] if commit.parents and commit.parents[0] in store else None
        yield _described(store, commit, parent)
        if parent is None:
            return
        commit = parent


def _described(store: Store, commit: GitCommit, parent: GitCommit | None) -> Commit:
    changes = tree_changes(cast("Any", store), parent.tree if parent else None, commit.tree)
    paths = {side.path for change in changes for side in (change.old, change.new) if side and side.path}
    return Commit(
        id=commit.id.decode(),
        message=commit.message.decode(errors="replace"),
        author=commit.author.decode(errors="replace"),
        time=datetime.fromtimestamp(commit.commit_time, UTC),
        files=sorted(path.decode(errors="replace") for path in paths),
    )
