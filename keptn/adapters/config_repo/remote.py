"""The config repo on a Git server over HTTPS: one repository per project, in production.

A project may have a repository of its own (`records/repository.py`); all others are where the installation keeps them.
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

from keptn.adapters.config_repo import copying, rules
from keptn.adapters.config_repo.copying import CREATED, HEADS, heads
from keptn.adapters.config_repo.places import Places
from keptn.adapters.config_repo.server import GONE, MOST_BYTES, GitServer, check_url
from keptn.errors import KeptnError, LostRace, Refused, Unavailable, Unknown
from keptn.names import is_name
from keptn.ports import Change, Commit, ObjectStore, Secrets, Tree
from keptn.records.repository import Repository
from keptn.settings import Settings

_DEEPER = (100, 0x7FFFFFFF)
"""How many commits of a branch are fetched in search of one; Git's own number for all of them."""
_MOST_REMEMBERED = 64
"""Commits whose files one process keeps in memory."""
_MOST_CARRIED = 50
"""Commits of its own that it adds to what it fetched, before it fetches again."""


class RemoteConfigRepo:
    """url, secrets, most_bytes: as of `GitServer`. store: where it is written which projects there are, and where.

    named: hosts that a project's own repository may be on though they speak plain HTTP or are this machine: globs.
    """

    def __init__(
        self,
        url: str,
        *,
        store: ObjectStore,
        secrets: Secrets,
        named: Sequence[str] = (),
        most_bytes: int = MOST_BYTES,
    ) -> None:
        home = GitServer(url, secrets=secrets, most_bytes=most_bytes)
        self.places = Places(home, store=store, secrets=secrets, named=named, most_bytes=most_bytes)
        self._fetched: dict[tuple[str, bytes], Any] = {}
        self._carried: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, store: ObjectStore) -> RemoteConfigRepo:
        check_url(settings.git_url)
        named, most_bytes = settings.insecure_git_hosts.lower().split(), settings.git_most_mib * 1024**2
        return cls(settings.git_url, store=store, secrets=secrets, named=named, most_bytes=most_bytes)

    def create(
        self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str, remote: str = ""
    ) -> None:
        from keptn.adapters.config_repo.git_objects import origin_blob

        for path in itertools.chain.from_iterable(branches.values()):
            rules.check_path(path)
        if not is_name(project):
            raise rules.bad_project(project)
        if remote:
            self.places.check_url(remote)
        if (written := self.places.found(project)) and written[0].url != remote:
            raise rules.exists_already(project)
        server = self.places.server(project, remote)
        origin = origin_blob(branches, message)
        refs = server.refs(project)
        if refs.get(CREATED, origin.id) != origin.id:
            raise rules.has_repository(remote) if remote else rules.exists_already(project)
        if CREATED not in refs:
            kept = self._kept(project, server, refs, branches)
            made, new = _all_branches(branches, refs, message, kept=kept)
            server.push(project, old=refs, new={**new, CREATED: origin.id}, objects=[*made, origin])
        if not written:
            self.places.write(project, Repository(url=remote), generation=0)

    def remote(self, project: str) -> str:
        return self.places.written(project)[0].url

    def check_remote(self, project: str, remote: str, *, login: str, mirrored: bool = False) -> None:
        written = self.places.found(project)
        if written and (mirrored or written[0].url == remote):
            target, there = self.places.tried(project, remote, login=login)
            if mirrored:
                copying.check_mirror(project, target, there)
            return
        try:
            refs = self.places.server(project, written[0].url).refs(project) if written else {}
        except (Refused, Unavailable) as why:
            hint = "if all of it is at the new URL already (renamed, or git push --mirror), say --mirrored"
            raise type(why)(f"nothing can be taken along: {why}; {hint}") from why
        self.tried(project, remote, login=login, refs=refs)

    def tried(self, project: str, remote: str, *, login: str, refs: Mapping[bytes, bytes]) -> None:
        """As `check_remote`, for a project that would come there. refs: what it has; none if it is yet to be made."""
        target, there = self.places.tried(project, remote, login=login)
        if refs:
            copying.check_target(project, refs, target, there)
        elif CREATED in there:
            raise rules.has_repository(remote)

    def move(self, project: str, remote: str, *, mirrored: bool = False) -> None:
        record, generation = self.places.written(project)
        if record.url == remote:
            return
        if record.moving not in ("", remote):
            raise Refused(f"project {project} is moving to {record.moving} already; ask again when that is over")
        self.places.check_url(remote)
        source, target = self.places.server(project, record.url), self.places.server(project, remote)
        if mirrored:
            copying.check_mirror(project, target, target.writable_refs(project))
            self.places.write(project, Repository(url=remote), generation=generation)
            return
        moving = Repository(url=record.url, moving=remote)
        try:
            self._copy(project, source, target)  # before anybody has to wait, as much as there is
            generation = self.places.write(project, moving, generation=generation)
            self._copy(project, source, target)
        except KeptnError:
            if self.places.written(project) == (moving, generation):
                self.places.write(project, Repository(url=record.url), generation=generation)
            raise
        self.places.write(project, Repository(url=remote), generation=generation)
        self._leave(project, source)

    def _copy(self, project: str, source: GitServer, target: GitServer) -> None:
        refs = {name: sha for name, sha in source.refs(project).items() if copying.is_taken_along(name)}
        copying.copy(project, refs, target, read=lambda: source.fetch(project, *refs.values()))

    def delete(self, project: str) -> None:
        try:
            record, server = self.places.known(project)
        except Unknown:
            return
        if record.url:
            self._leave(project, server)
        else:
            self._unmark(project, server)
        self.places.forget(project)

    def _leave(self, project: str, server: GitServer) -> None:
        """A repository of the project's own may be gone, or closed to us: that keeps nobody."""
        with suppress(Unavailable, Refused):
            self._unmark(project, server)

    def _unmark(self, project: str, server: GitServer) -> None:
        """Another project may have the repository now."""
        if CREATED in (refs := server.refs(project)):
            server.push(project, old=refs, new={CREATED: GONE}, objects=[])

    def projects(self) -> Sequence[str]:
        return self.places.projects()

    def branches(self, project: str) -> Sequence[str]:
        return heads(self.places.known(project)[1].refs(project))

    def add_branch(self, project: str, branch: str, files: Mapping[str, bytes], *, message: str) -> None:
        for path in files:
            rules.check_path(path)
        record, server = self.places.settled(project)
        refs = server.refs(project)
        if branch in heads(refs):
            return
        made, new = _all_branches({branch: files}, refs, message)
        try:
            server.push(project, old=refs, new=new, objects=made)
            self.places.check_still(project, record)
        except LostRace:
            if branch not in self.branches(project):
                raise

    def tree(self, project: str, branch: str, *, commit: str = "") -> Tree:
        from keptn.adapters.config_repo.git_objects import GitTree, Store

        _, server = self.places.known(project)
        if commit:
            sha, repo = commit.encode(errors="replace"), self._at(server, project, branch, commit)
        else:
            sha, repo = self._head(server, project, branch)
        return GitTree(Store(repo), cast(Any, sha))

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        return rules.repeated(
            lambda: self._commit_once(project, branch, change, message), project=project, branch=branch, pause_s=0.05
        )

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        from keptn.adapters.config_repo.git_objects import Store, log

        _, server = self.places.known(project)
        head = self._known_head(project, branch, server.refs(project))
        repo = server.fetch(project, head, depth=limit + 1)  # one more: what the oldest one changed
        return list(itertools.islice(log(Store(repo), cast(Any, head)), limit))

    def _commit_once(self, project: str, branch: str, change: Change, message: str) -> str:
        from keptn.adapters.config_repo.git_objects import GitTree, Store, new_commit, write_tree

        record, server = self.places.settled(project)
        head, repo = self._head(server, project, branch)
        tree = GitTree(Store(repo), cast(Any, head))
        changed = rules.effective(tree, change(tree))
        if not changed:
            return head.decode()
        made: list[Any] = []
        root = write_tree(Store(repo), tree.root, changed, add=made.append)
        commit = new_commit(root, parents=[cast(Any, head)], message=message)
        ref = HEADS + branch.encode()
        server.push(project, old={ref: head}, new={ref: commit.id}, objects=[*made, commit])
        self.places.check_still(project, record)
        self._carry_on(project, repo, [*made, commit])
        return commit.id.decode()

    def _kept(
        self, project: str, server: GitServer, refs: Mapping[bytes, bytes], new: Mapping[str, object]
    ) -> Mapping[str, Mapping[str, bytes]]:
        """By branch, what the Git server has put into a new repository. Of a project that was here only history stays.

        Raises Refused for files and branches that are somebody else's.
        """
        from keptn.adapters.config_repo.git_objects import GitTree, Store

        there = {name: sha for name, sha in refs.items() if name.startswith(HEADS)}
        if not there:
            return {}
        repo, named = server.fetch(project, *there.values(), depth=1), server.named(project)
        trees = {branch: GitTree(Store(repo), cast(Any, there[HEADS + branch.encode()])) for branch in heads(there)}
        if "main" in trees and trees["main"].read("shipyard.yaml") is not None:
            return {}
        rules.check_branches(named, trees, new)
        kept = {branch: rules.kept_files(named, branch, tree.list()) for branch, tree in trees.items()}
        return {branch: {path: trees[branch].read(path) or b"" for path in paths} for branch, paths in kept.items()}

    def _head(self, server: GitServer, project: str, branch: str) -> tuple[bytes, Any]:
        """Head of the branch and its files, fetched again only if it has moved."""
        head = self._known_head(project, branch, server.refs(project))
        repo = self._fetched.get((project, head)) or server.fetch(project, head, depth=1)
        return head, self._remember(project, head, repo)

    def _at(self, server: GitServer, project: str, branch: str, commit: str) -> Any:  # noqa: ANN401 - dulwich's MemoryRepo
        """Files of one commit; a server that does not give it when it is named is asked for the branch, ever deeper."""
        from keptn.adapters.config_repo.git_objects import Store, commit_in

        if not rules.is_commit_id(commit):
            raise rules.no_commit(project, branch, commit)
        sha = commit.encode()
        if (known := self._fetched.get((project, sha))) is not None:
            return known
        with suppress(Unavailable):  # it says no, or it is away: then the next question fails, too
            return self._remember(project, sha, server.fetch(project, sha, depth=1))
        head = self._known_head(project, branch, server.refs(project))
        for depth in _DEEPER:
            repo = server.fetch(project, head, depth=depth)
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

    def _known_head(self, project: str, branch: str, refs: Mapping[bytes, bytes]) -> bytes:
        ref = HEADS + branch.encode(errors="replace")
        if ref not in refs:
            raise rules.no_branch(project, branch, heads(refs))
        return refs[ref]


def _all_branches(
    branches: Mapping[str, Mapping[str, bytes]],
    refs: Mapping[bytes, bytes],
    message: str,
    *,
    kept: Mapping[str, Mapping[str, bytes]] | None = None,
) -> tuple[list[Any], dict[bytes, bytes]]:
    """Objects and refs of a new project. A branch that is there already keeps its history below, and the kept files."""
    from keptn.adapters.config_repo.git_objects import new_commit, write_tree

    objects: list[Any] = []
    new: dict[bytes, bytes] = {}
    for branch, files in branches.items():
        ref = HEADS + branch.encode()
        whole = {**(kept or {}).get(branch, {}), **files}
        root = write_tree(cast(Any, {}), None, whole, add=objects.append)
        commit = new_commit(root, parents=[cast(Any, refs[ref])] if ref in refs else [], message=message)
        objects.append(commit)
        new[ref] = commit.id
    return list({found.id: found for found in objects}.values()), new
