"""A config repo as one request sees it: a branch is asked for its head once. Made by `Context.for_request`.

What somebody pushes while the request runs is seen by the next one; what the request commits itself is seen at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn.ports import Change, Commit, ConfigRepo, Tree


class OneHead:
    """The port ConfigRepo, in front of another one. It lives as long as its request."""

    def __init__(self, behind: ConfigRepo) -> None:
        self._behind = behind
        self._heads: dict[tuple[str, str], Tree] = {}

    def create(
        self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str, remote: str = ""
    ) -> None:
        self._heads.clear()
        self._behind.create(project, branches, message=message, remote=remote)

    def remote(self, project: str) -> str:
        return self._behind.remote(project)

    def check_remote(self, project: str, remote: str, *, login: str, mirrored: bool = False) -> None:
        self._behind.check_remote(project, remote, login=login, mirrored=mirrored)

    def move(self, project: str, remote: str, *, mirrored: bool = False) -> None:
        self._heads.clear()
        self._behind.move(project, remote, mirrored=mirrored)

    def delete(self, project: str) -> None:
        self._heads.clear()
        self._behind.delete(project)

    def projects(self) -> Sequence[str]:
        return self._behind.projects()

    def branches(self, project: str) -> Sequence[str]:
        return self._behind.branches(project)

    def add_branch(self, project: str, branch: str, files: Mapping[str, bytes], *, message: str) -> None:
        self._behind.add_branch(project, branch, files, message=message)

    def tree(self, project: str, branch: str, *, commit: str = "") -> Tree:
        known = self._heads.get((project, branch))
        if commit:
            return known if known and known.commit == commit else self._behind.tree(project, branch, commit=commit)
        if known is None:
            known = self._heads[project, branch] = self._behind.tree(project, branch)
        return known

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        self._heads.pop((project, branch), None)
        return self._behind.commit(project, branch, change, message=message)

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        return self._behind.log(project, branch, limit=limit)
