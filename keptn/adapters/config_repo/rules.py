"""What every config repo adapter does alike: which paths a commit may write, and the sentences of its errors."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from keptn.errors import LostRace, Refused, Unavailable, Unknown
from keptn.ports import Tree

AUTHOR = "keptn <keptn@localhost>"
_OF_SERVERS = re.compile(r"(README|LICEN[CS]E|\.git(ignore|attributes))[^/]*", re.IGNORECASE)
ATTEMPTS = 10
"""How often a lost race is read again and repeated before the Broker is asked to deliver again."""


def repeated(attempt: Callable[[], str], *, project: str, branch: str, pause_s: float) -> str:
    """What the attempt returns; a lost race is tried again after a while. Raises Unavailable when that goes on.

    pause_s: how much longer each pause may be, seconds; random, for that spreads those who lost.
    """
    why = ""
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except LostRace as lost:
            why = str(lost)
            time.sleep(random.uniform(0, pause_s * number))  # noqa: S311 - no secret
    raise Unavailable(f"others keep committing to branch {branch} of project {project} ({why}); trying again later")


def is_commit_id(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{40}", text) is not None


def effective(tree: Tree, wanted: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """The part of a change that changes anything. Raises Refused for a path that Git cannot hold."""
    for path, content in wanted.items():
        check_path(path)
        if content is not None:
            _check_room(tree, path, wanted)
    return {path: content for path, content in wanted.items() if tree.read(path) != content}


def _check_room(tree: Tree, path: str, wanted: Mapping[str, bytes | None]) -> None:
    """Git has no file and folder of one name."""
    for folder in [str(parent) for parent in PurePosixPath(path).parents][:-1]:
        if wanted.get(folder, None if folder in wanted else tree.read(folder)) is not None:
            raise Refused(f"{path} cannot be written: {folder} is a file there; choose another path")
    if any(wanted.get(below, b"") is not None for below in tree.list(path)):
        raise Refused(f"{path} cannot be written: it is a folder there; choose a path below it")


def check_path(path: str) -> None:
    """Raises Refused for a path that leaves the repository, or that means something to Git itself."""
    parts = path.split("/")
    bad = not path or PurePosixPath(path).is_absolute() or "\\" in path or any(ord(c) < 32 for c in path)
    if bad or any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise Refused(f"{path!r} is no path inside a config repo; give a relative one such as carts/perfspec.json")


def bad_project(project: str) -> Refused:
    return Refused(f"{project!r} is no project name; use lower-case letters, digits and hyphens, a letter first")


def exists_already(project: str) -> Refused:
    return Refused(f"project {project} exists already; delete it first (keptn delete project), or choose another name")


def has_repository(url: str) -> Refused:
    return Refused(
        f"{url} is the config repo of a project already; name another one, or free it when that project is gone: "
        f"git push {url} :refs/keptn/created"
    )


def _has(where: str, what: str) -> Refused:
    return Refused(f"{where} has {what}; a config repo holds a project's files alone: name an empty repository")


def check_branches(where: str, there: Iterable[str], wanted: Iterable[str]) -> None:
    """Raises Refused for branches that would look like stages."""
    if strange := sorted(set(there) - set(wanted)):
        raise _has(where, f"the branch {', '.join(strange[:5])}")


def kept_files(where: str, branch: str, files: Iterable[str]) -> Sequence[str]:
    """Those of a new repository that Git servers put there. Raises Refused if there are others."""
    found = list(files)
    if strange := [path for path in found if not _OF_SERVERS.fullmatch(path)]:
        raise _has(where, f"files of its own on {branch} ({', '.join(strange[:3])}{' …' if strange[3:] else ''})")
    return found


def no_project(project: str, known: Iterable[str]) -> Unknown:
    return Unknown(f"there is no project {project!r}; projects: {_listed(known)}")


def no_branch(project: str, branch: str, known: Iterable[str]) -> Unknown:
    stages = [name for name in known if name != "main"]
    return Unknown(f"project {project} has no stage {branch!r}; stages: {_listed(stages)}")


def no_commit(project: str, branch: str, commit: str) -> Unknown:
    return Unknown(
        f"branch {branch} of project {project} has no commit {commit!r}; its history was rewritten, or the id is wrong"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
