"""The config repo on a Git server, over HTTPS or SSH: one repository per project, in production.

Nothing is kept on disk: a commit fetches the head of its branch (depth 1) into memory and pushes what it adds, so its
cost does not grow with history. The push is a compare-and-swap: the old id is checked when the server tells its refs,
and its report afterwards, for neither alone is enough. Which projects there are is written in the object store, because
a Git server cannot be asked.

It does not make or remove repositories: an operator makes an empty one, and a deleted project leaves its history there.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from keptn.adapters.config_repo import rules
from keptn.errors import LostRace, Refused, Unavailable
from keptn.names import is_name
from keptn.ports import Change, Commit, ObjectStore, Secrets, Tree
from keptn.records import objects
from keptn.settings import Settings

_CREATED = b"refs/keptn/created"
_HEADS = b"refs/heads/"
_GONE = b"0" * 40


class RemoteConfigRepo:
    """url: of a project's repository, with `{project}` in it. Credentials: secret `git`, keys `user` and `token`."""

    def __init__(self, url: str, *, store: ObjectStore, secrets: Secrets) -> None:
        self._url, self._store, self._secrets = url, store, secrets
        self._fetched: dict[tuple[str, str], tuple[bytes, Any]] = {}

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, store: ObjectStore) -> RemoteConfigRepo:
        url = settings.git_url
        if "{project}" not in url:
            raise Refused(
                f"KEPTN_GIT_URL={url!r} must contain {{project}}, as in https://git.example.com/{{project}}.git"
            )
        return cls(url, store=store, secrets=secrets)

    def create(self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str) -> None:
        from keptn.adapters.config_repo.git_objects import origin_blob

        for path in itertools.chain.from_iterable(branches.values()):
            rules.check_path(path)
        if not is_name(project):
            raise rules.bad_project(project)
        origin = origin_blob(branches, message)
        refs = self._refs(project)
        if refs.get(_CREATED, origin.id) != origin.id:
            raise rules.exists_already(project)
        if _CREATED not in refs:
            made, new = _all_branches(branches, refs, message)
            self._push(project, old=refs, new={**new, _CREATED: origin.id}, objects=[*made, origin])
        self._store.put(objects.project(project), b"{}")

    def delete(self, project: str) -> None:
        if project not in self.projects():
            return
        refs = self._refs(project)
        if _CREATED in refs:
            self._push(project, old=refs, new={_CREATED: _GONE}, objects=[])
        self._store.delete(objects.project(project))

    def projects(self) -> Sequence[str]:
        return [name.removeprefix(objects.PROJECTS) for name in self._store.list(objects.PROJECTS).names]

    def tree(self, project: str, branch: str) -> Tree:
        from keptn.adapters.config_repo.git_objects import GitTree, Store

        head, repo = self._head(project, branch)
        return GitTree(Store(repo), cast(Any, head))

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        why = ""
        for attempt in range(rules.ATTEMPTS):
            try:
                return self._commit_once(project, branch, change, message)
            except LostRace as lost:
                why = str(lost)
                time.sleep(random.uniform(0, 0.05 * (attempt + 1)))  # noqa: S311 - spreads the losers
        raise rules.raced(project, branch, why=why)

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        from keptn.adapters.config_repo.git_objects import Store, log

        head = self._known_head(project, branch, self._refs(self._known(project)))
        repo = self._fetch(project, head, depth=limit + 1)  # one more: what the oldest one changed
        return list(itertools.islice(log(Store(repo), cast(Any, head)), limit))

    def _commit_once(self, project: str, branch: str, change: Change, message: str) -> str:
        from keptn.adapters.config_repo.git_objects import GitTree, Store, new_commit, write_tree

        head, repo = self._head(project, branch)
        tree = GitTree(Store(repo), cast(Any, head))
        changed = rules.effective(tree, change(tree))
        if not changed:
            return head.decode()
        objects: list[Any] = []
        root = write_tree(Store(repo), tree.root, changed, add=objects.append)
        commit = new_commit(root, parents=[cast(Any, head)], message=message)
        ref = _HEADS + branch.encode()
        self._push(project, old={ref: head}, new={ref: commit.id}, objects=[*objects, commit])
        return commit.id.decode()

    def _head(self, project: str, branch: str) -> tuple[bytes, Any]:
        """Head of the branch and its files, fetched again only if it has moved."""
        head = self._known_head(project, branch, self._refs(self._known(project)))
        known = self._fetched.get((project, branch))
        if known is None or known[0] != head:
            known = self._fetched[project, branch] = head, self._fetch(project, head, depth=1)
        return known

    def _known(self, project: str) -> str:
        if not is_name(project) or self._store.get(objects.project(project)) is None:
            raise rules.no_project(project, self.projects())
        return project

    def _known_head(self, project: str, branch: str, refs: Mapping[bytes, bytes]) -> bytes:
        ref = _HEADS + branch.encode(errors="replace")
        if ref not in refs:
            heads = [name.removeprefix(_HEADS).decode(errors="replace") for name in refs if name.startswith(_HEADS)]
            raise rules.no_branch(project, branch, heads)
        return refs[ref]

    def _refs(self, project: str) -> Mapping[bytes, bytes]:
        with self._connected(project) as (client, path):
            return {name: sha for name, sha in client.get_refs(path).refs.items() if sha is not None}

    def _fetch(self, project: str, head: bytes, *, depth: int) -> Any:  # noqa: ANN401 - dulwich's MemoryRepo
        from dulwich.repo import MemoryRepo

        repo = MemoryRepo()
        with self._connected(project) as (client, path):
            client.fetch(path, repo, determine_wants=lambda *_, **__: [head], depth=depth)
        return repo

    def _push(
        self, project: str, *, old: Mapping[bytes, bytes], new: Mapping[bytes, bytes], objects: Sequence[Any]
    ) -> None:
        """Move the refs in `new`, all or none, if each still is as in `old`. Raises LostRace."""
        from dulwich.pack import pack_objects_to_data

        def update(refs: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
            if any(refs.get(ref, _GONE) != old.get(ref, _GONE) for ref in new):
                raise LostRace(f"somebody else pushed to {project} first")
            return new

        def pack(*_: object, **__: object) -> Any:  # noqa: ANN401 - dulwich's
            return pack_objects_to_data([(found, None) for found in objects])

        with self._connected(project) as (client, path):
            result = client.send_pack(path, update, pack, atomic=len(new) > 1)
        if failed := [f"{ref.decode()}: {why}" for ref, why in (result.ref_status or {}).items() if why]:
            raise LostRace(f"{self._named(project)} did not take {', '.join(failed)}")

    @contextmanager
    def _connected(self, project: str) -> Iterator[tuple[Any, Any]]:
        from dulwich.client import HTTPUnauthorized, get_transport_and_path
        from dulwich.errors import GitProtocolError, NotGitRepository
        from urllib3.exceptions import HTTPError

        user, token = self._secrets.get("git", "user"), self._secrets.get("git", "token")
        login: dict[str, Any] = {"username": user or "keptn", "password": token.strip()} if token else {}
        try:
            yield get_transport_and_path(self._named(project), **login)
        except NotGitRepository as exc:
            raise Refused(f"there is no repository at {self._named(project)}; make an empty one there first") from exc
        except HTTPUnauthorized as exc:
            raise Unavailable(
                f"{self._named(project)} wants other credentials; see secret git, keys user, token"
            ) from exc
        except (GitProtocolError, HTTPError, OSError) as exc:
            raise Unavailable(f"{self._named(project)} cannot be used now: {exc}") from exc

    def _named(self, project: str) -> str:
        return self._url.replace("{project}", project)


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
