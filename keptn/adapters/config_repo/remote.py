"""The config repo on a Git server over HTTPS: one repository per project, in production.

Nothing is kept on disk: a commit fetches the head of its branch (depth 1) into memory and pushes what it adds, so its
cost does not grow with history. Which projects there are is written in the object store, because a Git server cannot be
asked.

It does not make or remove repositories: an operator makes an empty one, and a deleted project leaves its history there.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast
from weakref import WeakKeyDictionary

from keptn.adapters.config_repo import rules
from keptn.adapters.config_repo.server import GONE, GitServer, check_url
from keptn.errors import LostRace, Unavailable
from keptn.names import is_name
from keptn.ports import Change, Commit, ObjectStore, Secrets, Tree
from keptn.records import objects
from keptn.settings import Settings

_CREATED = b"refs/keptn/created"
_HEADS = b"refs/heads/"
_DEEPER = (100, 0x7FFFFFFF)
"""How many commits of a branch are fetched in search of one; Git's own number for all of them."""
_MOST_REMEMBERED = 64
"""Commits whose files one process keeps in memory."""
_MOST_CARRIED = 50
"""Commits of its own that it adds to what it fetched, before it fetches again."""


class RemoteConfigRepo:
    """url, secrets: as of `GitServer`. store: where it is written which projects there are."""

    def __init__(self, url: str, *, store: ObjectStore, secrets: Secrets) -> None:
        self._server, self._store = GitServer(url, secrets=secrets), store
        self._fetched: dict[tuple[str, bytes], Any] = {}
        self._carried: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, store: ObjectStore) -> RemoteConfigRepo:
        check_url(settings.git_url)
        return cls(settings.git_url, store=store, secrets=secrets)

    def create(self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str) -> None:
        from keptn.adapters.config_repo.git_objects import origin_blob

        for path in itertools.chain.from_iterable(branches.values()):
            rules.check_path(path)
        if not is_name(project):
            raise rules.bad_project(project)
        origin = origin_blob(branches, message)
        refs = self._server.refs(project)
        if refs.get(_CREATED, origin.id) != origin.id:
            raise rules.exists_already(project)
        if _CREATED not in refs:
            made, new = _all_branches(branches, refs, message)
            self._server.push(project, old=refs, new={**new, _CREATED: origin.id}, objects=[*made, origin])
        self._store.put(objects.project(project), b"{}")

    def delete(self, project: str) -> None:
        if project not in self.projects():
            return
        refs = self._server.refs(project)
        if _CREATED in refs:
            self._server.push(project, old=refs, new={_CREATED: GONE}, objects=[])
        self._store.delete(objects.project(project))

    def projects(self) -> Sequence[str]:
        found, page = list[str](), self._store.list(objects.PROJECTS)
        while True:
            found += [name.removeprefix(objects.PROJECTS) for name in page.names]
            if not page.next_token:
                return found
            page = self._store.list(objects.PROJECTS, token=page.next_token)

    def branches(self, project: str) -> Sequence[str]:
        return _heads(self._server.refs(self._known(project)))

    def add_branch(self, project: str, branch: str, files: Mapping[str, bytes], *, message: str) -> None:
        for path in files:
            rules.check_path(path)
        refs = self._server.refs(self._known(project))
        if branch in _heads(refs):
            return
        made, new = _all_branches({branch: files}, refs, message)
        try:
            self._server.push(project, old=refs, new=new, objects=made)
        except LostRace:
            if branch not in self.branches(project):
                raise

    def tree(self, project: str, branch: str, *, commit: str = "") -> Tree:
        from keptn.adapters.config_repo.git_objects import GitTree, Store

        if commit:
            sha, repo = commit.encode(errors="replace"), self._at(self._known(project), branch, commit)
        else:
            sha, repo = self._head(project, branch)
        return GitTree(Store(repo), cast(Any, sha))

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        return rules.repeated(
            lambda: self._commit_once(project, branch, change, message), project=project, branch=branch, pause_s=0.05
        )

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        from keptn.adapters.config_repo.git_objects import Store, log

        head = self._known_head(project, branch, self._server.refs(self._known(project)))
        repo = self._server.fetch(project, head, depth=limit + 1)  # one more: what the oldest one changed
        return list(itertools.islice(log(Store(repo), cast(Any, head)), limit))

    def _commit_once(self, project: str, branch: str, change: Change, message: str) -> str:
        from keptn.adapters.config_repo.git_objects import GitTree, Store, new_commit, write_tree

        head, repo = self._head(project, branch)
        tree = GitTree(Store(repo), cast(Any, head))
        changed = rules.effective(tree, change(tree))
        if not changed:
            return head.decode()
        made: list[Any] = []
        root = write_tree(Store(repo), tree.root, changed, add=made.append)
        commit = new_commit(root, parents=[cast(Any, head)], message=message)
        ref = _HEADS + branch.encode()
        self._server.push(project, old={ref: head}, new={ref: commit.id}, objects=[*made, commit])
        self._carry_on(project, repo, [*made, commit])
        return commit.id.decode()

    def _head(self, project: str, branch: str) -> tuple[bytes, Any]:
        """Head of the branch and its files, fetched again only if it has moved."""
        head = self._known_head(project, branch, self._server.refs(self._known(project)))
        repo = self._fetched.get((project, head)) or self._server.fetch(project, head, depth=1)
        return head, self._remember(project, head, repo)

    def _at(self, project: str, branch: str, commit: str) -> Any:  # noqa: ANN401 - dulwich's MemoryRepo
        """Files of one commit; a server that does not give it when it is named is asked for the branch, ever deeper."""
        from keptn.adapters.config_repo.git_objects import Store, commit_in

        if not rules.is_commit_id(commit):
            raise rules.no_commit(project, branch, commit)
        sha = commit.encode()
        if (known := self._fetched.get((project, sha))) is not None:
            return known
        with suppress(Unavailable):  # it says no, or it is away: then the next question fails, too
            return self._remember(project, sha, self._server.fetch(project, sha, depth=1))
        head = self._known_head(project, branch, self._server.refs(project))
        for depth in _DEEPER:
            repo = self._server.fetch(project, head, depth=depth)
            if commit_in(Store(repo), commit) is not None:
                return self._remember(project, sha, repo)
        raise rules.no_commit(project, branch, commit)

    def _carry_on(self, project: str, repo: Any, made: Sequence[Any]) -> None:  # noqa: ANN401 - dulwich's MemoryRepo
        """What was pushed is known already, and need not be fetched; but what is kept so must not grow for ever."""
        carried = self._carried.get(repo, 0)
        if carried < _MOST_CARRIED:
            for added in made:
                repo.object_store.add_object(added)
            self._carried[repo] = carried + 1
            self._remember(project, made[-1].id, repo)

    def _remember(self, project: str, commit: bytes, repo: Any) -> Any:  # noqa: ANN401 - dulwich's MemoryRepo
        self._fetched.pop((project, commit), None)  # what was used last stays longest
        self._fetched[project, commit] = repo
        for oldest in list(self._fetched)[:-_MOST_REMEMBERED]:
            self._fetched.pop(oldest, None)
        return repo

    def _known(self, project: str) -> str:
        if not is_name(project) or self._store.get(objects.project(project)) is None:
            raise rules.no_project(project, self.projects())
        return project

    def _known_head(self, project: str, branch: str, refs: Mapping[bytes, bytes]) -> bytes:
        ref = _HEADS + branch.encode(errors="replace")
        if ref not in refs:
            raise rules.no_branch(project, branch, _heads(refs))
        return refs[ref]


def _heads(refs: Mapping[bytes, bytes]) -> Sequence[str]:
    return sorted(name.removeprefix(_HEADS).decode(errors="replace") for name in refs if name.startswith(_HEADS))


def _all_branches(
    branches: Mapping[str, Mapping[str, bytes]], refs: Mapping[bytes, bytes], message: str
) -> tuple[list[Any], dict[bytes, bytes]]:
    """Objects and refs of a new project. A branch that is there already keeps its history below."""
    from keptn.adapters.config_repo.git_objects import new_commit, write_tree

    objects: list[Any] = []
    new: dict[bytes, bytes] = {}
    for branch, files in branches.items():
        ref = _HEADS + branch.encode()
        root = write_tree(cast(Any, {}), None, files, add=objects.append)
        commit = new_commit(root, parents=[cast(Any, refs[ref])] if ref in refs else [], message=message)
        objects.append(commit)
        new[ref] = commit.id
    return list({found.id: found for found in objects}.values()), new
