"""Files of a service in the config repo: looked up from the most specific place to the most general.

A task names the commit with which its delivery entered the stage: what somebody commits to the stage meanwhile is for
the next delivery. The project's own files (branch main) are read as they are.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from keptn.errors import Unknown
from keptn.events import Scope
from keptn.ports import ConfigRepo, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One file, found at `prefix + path` of a commit of a branch. note: why it is not the commit that was named."""

    path: str
    content: bytes
    branch: str
    prefix: str
    tree: Tree
    note: str = ""

    @property
    def folder(self) -> dict[str, bytes]:
        """The files of its folder, itself included, by path below the prefix: what a script may import."""
        folder = self.prefix + str(PurePosixPath(self.path).parent)
        found = {name.removeprefix(self.prefix): self.tree.read(name) for name in self.tree.list(folder)}
        return {name: content for name, content in found.items() if content is not None}


def stage_tree(repo: ConfigRepo, scope: Scope, *, commit: str) -> tuple[Tree, str]:
    """The stage's branch at the commit (empty: its head), and, where that is not there, its head and a note.

    Raises Unknown for a project or stage that does not exist.
    """
    if commit:
        with suppress(Unknown):
            return repo.tree(scope.project, scope.stage, commit=commit), ""
    head = repo.tree(scope.project, scope.stage)
    gone = f"branch {scope.stage} has no commit {commit}, with which the delivery began, so {head.commit} was read"
    return head, gone if commit else ""


def find(repo: ConfigRepo, scope: Scope, path: str, *, commit: str = "") -> Resource | None:
    """The service's file in the stage, else the stage's, else the project's (branch main). Raises Unknown.

    commit: of the stage's branch, empty for its head.
    """
    stage, note = stage_tree(repo, scope, commit=commit)
    for prefix in (f"{scope.service}/", ""):
        if (content := stage.read(prefix + path)) is not None:
            return Resource(path=path, content=content, branch=scope.stage, prefix=prefix, tree=stage, note=note)
    main = repo.tree(scope.project, "main")
    content = main.read(path)
    return content if content is None else Resource(path=path, content=content, branch="main", prefix="", tree=main)


def require(repo: ConfigRepo, scope: Scope, path: str, *, purpose: str, commit: str = "") -> Resource:
    """The file; Unknown, with the command that adds it, if it is nowhere. purpose: who needs it; commit: as of find."""
    if found := find(repo, scope, path, commit=commit):
        return found
    raise Unknown(
        f"{purpose}, but there is none for service {scope.service!r} in stage {scope.stage!r}; add it with "
        f"`keptn add-resource --project={scope.project} --stage={scope.stage} --service={scope.service} "
        f"--resource=YOUR_FILE --resourceUri={path}`"
    )
