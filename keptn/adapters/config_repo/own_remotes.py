"""The config repos of a laptop: in a folder, beside those that a project has on a Git server of its own.

A project that has a folder is there; of the others the object store says where they are, as in production. So what is
in a folder costs no look into the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from keptn.adapters.config_repo import copying, rules
from keptn.adapters.config_repo.folder import GitConfigRepo
from keptn.adapters.config_repo.remote import RemoteConfigRepo
from keptn.adapters.config_repo.remote_url import LAPTOP
from keptn.errors import Unknown
from keptn.ports import Change, Commit, ObjectStore, Secrets, Tree
from keptn.records.repository import Repository
from keptn.settings import Settings

T = TypeVar("T")
Either = GitConfigRepo | RemoteConfigRepo


class FolderAndRemotes:
    """The port ConfigRepo, of two."""

    def __init__(self, folder: GitConfigRepo, remotes: RemoteConfigRepo) -> None:
        self._folder, self._remotes = folder, remotes

    @classmethod
    def open(cls, *, settings: Settings, secrets: Secrets, store: ObjectStore) -> FolderAndRemotes:
        named = (*LAPTOP, *settings.insecure_git_hosts.lower().split())
        most_bytes = settings.git_most_mib * 1024**2
        remotes = RemoteConfigRepo("", store=store, secrets=secrets, named=named, most_bytes=most_bytes)
        return cls(GitConfigRepo(settings.state_dir / "repos"), remotes)

    def create(
        self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str, remote: str = ""
    ) -> None:
        others = self._folder if remote else self._remotes
        if project in others.projects():
            raise rules.exists_already(project)
        if remote:
            self._remotes.create(project, branches, message=message, remote=remote)
        else:
            self._folder.create(project, branches, message=message)

    def remote(self, project: str) -> str:
        return "" if self._folder.has(project) else self._of(project, lambda _: self._remotes.remote(project))

    def check_remote(self, project: str, remote: str, *, login: str, mirrored: bool = False) -> None:
        if self._folder.has(project):
            self._remotes.tried(project, remote, login=login, refs=self._folder.refs(project))
        else:
            self._remotes.check_remote(project, remote, login=login, mirrored=mirrored)

    def move(self, project: str, remote: str, *, mirrored: bool = False) -> None:
        """mirrored: a folder is there, and whatever lacks is taken along."""
        if not self._folder.has(project):
            self._of(project, lambda _: self._remotes.move(project, remote, mirrored=mirrored))
            return
        places = self._remotes.places
        places.check_url(remote)
        target = places.server(project, remote)

        def take(repo: Any, refs: Mapping[bytes, bytes]) -> None:  # noqa: ANN401 - dulwich's Repo
            copying.copy(
                project, {n: s for n, s in refs.items() if copying.is_taken_along(n)}, target, read=lambda: repo
            )

        def adopt() -> None:
            places.write(project, Repository(url=remote), generation=None)

        self._folder.hand_over(project, take, then=adopt)

    def delete(self, project: str) -> None:
        self._folder.delete(project)
        self._remotes.delete(project)

    def projects(self) -> Sequence[str]:
        return sorted({*self._folder.projects(), *self._remotes.projects()})

    def branches(self, project: str) -> Sequence[str]:
        return self._of(project, lambda repo: repo.branches(project))

    def add_branch(self, project: str, branch: str, files: Mapping[str, bytes], *, message: str) -> None:
        self._of(project, lambda repo: repo.add_branch(project, branch, files, message=message))

    def tree(self, project: str, branch: str, *, commit: str = "") -> Tree:
        return self._of(project, lambda repo: repo.tree(project, branch, commit=commit))

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        return self._of(project, lambda repo: repo.commit(project, branch, change, message=message))

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        return self._of(project, lambda repo: repo.log(project, branch, limit=limit))

    def _of(self, project: str, ask: Callable[[Either], T]) -> T:
        """Ask where the project is. It may move while it is asked. Raises Unknown, listing all projects."""
        for _ in range(2):
            here = self._folder.has(project)
            try:
                return ask(self._folder if here else self._remotes)
            except Unknown:
                if self._folder.has(project) == here and project in self.projects():
                    raise
        raise rules.no_project(project, self.projects())
