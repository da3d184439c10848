"""The stages of a project in promotion order, as its shipyard on `main` names them. Reads both forms, checks nothing.

Called by the hooks and `api`; `keptn.shipyard` says whether a shipyard is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from keptn import documents
from keptn.documents import Document
from keptn.errors import Refused, Unknown
from keptn.ports import ConfigRepo

SPELLINGS = {"production": "prod", "prod": "production"}
"""What people call the same stage; used only where it is the only match."""


def of_project(repo: ConfigRepo, project: str) -> Sequence[str]:
    """Names of the stages. Raises Unknown for a project that does not exist, InvalidFile for a broken shipyard."""
    text = repo.tree(project, "main").read("shipyard.yaml")
    if text is None:
        raise Refused(f"project {project} has no shipyard.yaml on main; add it to the config repo")
    return in_shipyard(documents.read(text, file=f"{project}/shipyard.yaml", kind="shipyard"))


def shipyard(repo: ConfigRepo, project: str) -> bytes:
    """The text of the project's shipyard, whatever it says; empty if somebody took it away."""
    return repo.tree(project, "main").read("shipyard.yaml") or b""


def there(repo: ConfigRepo, project: str) -> Sequence[str]:
    """The stages that have a branch, whatever the shipyard says: first those that it names, in its order.

    Raises Unknown for a project that does not exist.
    """
    branches = [branch for branch in repo.branches(project) if branch != "main"]
    try:
        named = of_project(repo, project)
    except Refused:  # somebody broke it by hand
        named = ()
    return [*(stage for stage in named if stage in branches), *(branch for branch in branches if branch not in named)]


def in_shipyard(document: Document) -> Sequence[str]:
    """Names of the stages, in order. Raises InvalidFile if there are none."""
    data = document.data if isinstance(document.data, dict) else {}
    below = data.get("spec")
    stages = data.get("stages") or (below.get("stages") if isinstance(below, dict) else None)
    listed = stages if isinstance(stages, list) else []
    names = [str(stage["name"]) for stage in listed if isinstance(stage, dict) and stage.get("name")]
    if not names:
        raise document.error("a shipyard must name at least one stage")
    return names


def named(stages: Sequence[str], name: str, *, project: str) -> str:
    """The stage that a person means. Raises Unknown, listing the stages."""
    if name in stages:
        return name
    if (other := SPELLINGS.get(name)) in stages and other:
        return other
    raise Unknown(f"stage {name!r} is not in shipyard {project}; stages: {', '.join(stages)}")
