"""The config repo in memory: for tests. Same rules as the Git one, without Git."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from keptn.adapters.config_repo import remote_url, rules
from keptn.errors import LostRace
from keptn.names import is_name
from keptn.ports import Change, Commit

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTree:
    """The files of one commit. Tests may make one by hand: `MemoryTree(files={...})`."""

    files: Files
    commit: str = ""

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def list(self, folder: str = "") -> Sequence[str]:
        return sorted(path for path in self.files if not folder or path.startswith(folder.rstrip("/") + "/"))


@dataclass(slots=True)
class _Branch:
    commits: list[Commit] = field(default_factory=list)  # oldest first
    files: Files = field(default_factory=dict)
    by_commit: dict[str, Files] = field(default_factory=dict)

    def add(self, changed: Mapping[str, bytes | None], *, message: str) -> str:
        parent = self.commits[-1].id if self.commits else ""
        content = {**self.files, **changed}
        self.files = {path: content for path, content in content.items() if content is not None}
        commit_id = hashlib.sha1(repr((parent, message, sorted(self.files.items()))).encode()).hexdigest()  # noqa: S324
        self.by_commit[commit_id] = self.files
        self.commits.append(
            Commit(id=commit_id, message=message, author=rules.AUTHOR, time=datetime.now(UTC), files=sorted(changed))
        )
        return commit_id


class MemoryConfigRepo:
    """Projects in a dictionary, one lock around all of them."""

    def __init__(self) -> None:
        self._projects: dict[str, dict[str, _Branch]] = {}
        self._created: dict[str, object] = {}
        self._remotes: dict[str, str] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(cls) -> MemoryConfigRepo:
        return cls()

    def create(
        self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str, remote: str = ""
    ) -> None:
        for path in itertools.chain.from_iterable(branches.values()):
            rules.check_path(path)
        if not is_name(project):
            raise rules.bad_project(project)
        asked = (message, remote, {branch: dict(files) for branch, files in branches.items()})
        with self._lock:
            if project in self._projects:
                if self._created[project] != asked:
                    raise rules.exists_already(project)
                return
            made = {branch: _Branch() for branch in branches}
            for branch, files in branches.items():
                made[branch].add(files, message=message)
            self._projects[project], self._created[project], self._remotes[project] = made, asked, remote

    def remote(self, project: str) -> str:
        if project not in self._projects:
            raise rules.no_project(project, self._projects)
        return self._remotes[project]

    def check_remote(self, project: str, remote: str, *, login: str, mirrored: bool = False) -> None:  # noqa: ARG002
        """Every login is right."""
        remote_url.check_form(remote)

    def move(self, project: str, remote: str, *, mirrored: bool = False) -> None:  # noqa: ARG002 - nothing is copied
        remote_url.check_form(remote)
        with self._lock:
            self.branches(project)
            self._remotes[project] = remote

    def delete(self, project: str) -> None:
        with self._lock:
            self._projects.pop(project, None)
            self._created.pop(project, None)

    def projects(self) -> Sequence[str]:
        return sorted(self._projects)

    def branches(self, project: str) -> Sequence[str]:
        with self._lock:
            if project not in self._projects:
                raise rules.no_project(project, self._projects)
            return sorted(self._projects[project])

    def add_branch(self, project: str, branch: str, files: Files, *, message: str) -> None:
        for path in files:
            rules.check_path(path)
        with self._lock:
            if branch not in self.branches(project):
                made = self._projects[project][branch] = _Branch()
                made.add(files, message=message)

    def tree(self, project: str, branch: str, *, commit: str = "") -> MemoryTree:
        with self._lock:
            found = self._branch(project, branch)
            wanted = commit or found.commits[-1].id
            if wanted not in found.by_commit:
                raise rules.no_commit(project, branch, commit)
            return MemoryTree(files=found.by_commit[wanted], commit=wanted)

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        def once() -> str:
            tree = self.tree(project, branch)
            changed = rules.effective(tree, change(tree))
            with self._lock:
                found = self._branch(project, branch)
                if found.commits[-1].id != tree.commit:
                    raise LostRace(f"somebody else committed to {branch} first")
                return found.add(changed, message=message) if changed else tree.commit

        return rules.repeated(once, project=project, branch=branch, pause_s=0)

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]:
        with self._lock:
            return self._branch(project, branch).commits[::-1][:limit]

    def _branch(self, project: str, branch: str) -> _Branch:
        if project not in self._projects:
            raise rules.no_project(project, self._projects)
        if branch not in self._projects[project]:
            raise rules.no_branch(project, branch, self._projects[project])
        return self._projects[project][branch]
