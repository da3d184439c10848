"""A project's repository taken to another server: its branches, its tags, and the mark that says whose it is.

It only adds: what is there already must be older commits of the same branches. Called again, it brings what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from keptn.adapters.config_repo import rules
from keptn.adapters.config_repo.server import GitServer
from keptn.errors import Refused

CREATED = b"refs/keptn/created"
"""A blob that says from what the repository was made: how a repeat is recognised, and another project's."""
HEADS = b"refs/heads/"
_TAGS = b"refs/tags/"
_PEELED = b"^{}"

Refs = Mapping[bytes, bytes]


def is_taken_along(name: bytes) -> bool:
    return (name.startswith((HEADS, _TAGS)) and not name.endswith(_PEELED)) or name == CREATED


def check_target(project: str, refs: Refs, target: GitServer, there: Refs) -> None:
    """Raises Refused unless what is there could be the same project's. refs: of the project."""
    if there.get(CREATED, refs.get(CREATED)) != refs.get(CREATED):
        raise rules.has_repository(target.named(project))
    rules.check_branches(target.named(project), heads(there), heads(refs))


def check_mirror(project: str, target: GitServer, there: Refs) -> None:
    """Raises Refused unless what is there looks like all of the project."""
    if lacking := [name.decode() for name in (CREATED, HEADS + b"main") if name not in there]:
        raise Refused(
            f"{target.named(project)} is no mirror of project {project}: it lacks {' and '.join(lacking)}; "
            "git push --mirror from the old repository, or a clone --mirror of it, takes all along"
        )


def copy(project: str, refs: Refs, target: GitServer, *, read: Callable[[], Any]) -> None:
    """Push the refs to the target. read: the repository with all that they lead to, asked for if anything lacks there.

    Raises Refused where the target has other commits than the project.
    """
    from dulwich.graph import can_fast_forward
    from dulwich.object_store import MissingObjectFinder

    there = target.writable_refs(project)
    check_target(project, refs, target, there)
    new = {name: sha for name, sha in refs.items() if is_taken_along(name) and there.get(name) != sha}
    if not new:
        return
    repo = read()
    for name in new.keys() & there.keys():
        old, sha = cast(Any, there[name]), cast(Any, new[name])
        if old not in repo.object_store or not name.startswith(HEADS) or not can_fast_forward(repo, old, sha):
            short = name.decode(errors="replace").removeprefix("refs/heads/")
            raise Refused(
                f"{target.named(project)} has commits on {short} that project {project} has not, and nothing is "
                "overwritten; name an empty repository"
            )
    known = cast(Any, [sha for sha in there.values() if sha in repo.object_store])
    lacking = MissingObjectFinder(repo.object_store, known, cast(Any, list(new.values())))
    objects = [repo.object_store[sha] for sha, _ in lacking]
    target.push(project, old=there, new=new, objects=objects)


def heads(refs: Refs) -> list[str]:
    """Names of the branches."""
    return sorted(name.removeprefix(HEADS).decode(errors="replace") for name in refs if name.startswith(HEADS))
