"""Files of a service in the config repo: looked up from the most specific place to the most general."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from keptn.errors import Unknown
from keptn.events import Scope
from keptn.ports import ConfigRepo, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One file, found at `prefix + path` of a commit of a branch."""

    path: str
    content: bytes
    branch: str
    prefix: str
    tree: Tree

    @property
    def folder(self) -> dict[str, bytes]:
        """The files of its folder, itself included, by path below the prefix: what a script may import."""
        folder = self.prefix + str(PurePosixPath(self.path).parent)
        found = {name.removeprefix(self.prefix): self.tree.read(name) for name in self.tree.list(folder)}
        return {name: content for name, content in found.items() if content is not None}


def find(repo: ConfigRepo, scope: Scope, path: str) -> Resource | None:
    """The service's file in the stage, else the stage's, else the project's (branch main). Raises Unknown."""
    for branch, prefix in ((scope.stage, f"{scope.service}/"), (scope.stage, ""), ("main", "")):
        tree = repo.tree(scope.project, branch)
        if (content := tree.read(prefix + path)) is not None:
            return Resource(path=path, content=content, branch=branch, prefix=prefix, tree=tree)
    return None


def require(repo: ConfigRepo, scope: Scope, path: str, *, purpose: str) -> Resource:
    """The file; Unknown, with the command that adds it, if it is nowhere. purpose: who needs it."""
    if found := find(repo, scope, path):
        return found
    raise Unknown(
        f"{purpose}, but there is none for service {scope.service!r} in stage {scope.stage!r}; add it with "
        f"`keptn add-resource --project={scope.project} --stage={scope.stage} --service={scope.service} "
        f"--resource=YOUR_FILE --resourceUri={path}`"
    )
