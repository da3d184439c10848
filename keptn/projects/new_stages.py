"""Stages that a shipyard got after its project was made: each gets its branch, with the services of the others.

Whoever changed the shipyard did it with Git or `keptn add-resource`. `api` adds the branches when it comes to one that
lacks, `create_project` when it is asked to make the project once more; that also prepares their namespaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn import documents, events
from keptn.context import Context
from keptn.events import Event
from keptn.ports import Tree

STAGE = "stage.yaml"


def first_files(project: str, stage: str) -> Mapping[str, bytes]:
    """What a stage's branch begins with."""
    return {STAGE: documents.dump({"project": project, "stage": stage})}


def add_branches(project: str, named: Sequence[str], ctx: Context) -> Sequence[str]:
    """Add the branches that lack, with the values files of the first stage that is there; return their names.

    named: the shipyard's stages, in its order.
    """
    lacking = lacking_of(project, named, ctx)
    model = next((stage for stage in named if stage not in lacking), "")
    tree = ctx.config_repo.tree(project, model) if lacking and model else None
    services = (
        {f"{name}/values.yaml": tree.read(f"{name}/values.yaml") or b"" for name in services_of(tree)} if tree else {}
    )
    for stage in lacking:
        files = {**first_files(project, stage), **services}
        ctx.config_repo.add_branch(project, stage, files, message=f"Add stage {stage}\n")
    return lacking


def lacking_of(project: str, named: Sequence[str], ctx: Context) -> Sequence[str]:
    """The shipyard's stages that have no branch."""
    branches = ctx.config_repo.branches(project)
    return [stage for stage in named if stage not in branches]


def to_be_made(project: str, shipyard: str, lacking: Sequence[str], *, source: str, ctx: Context) -> Event:
    """What has `create_project` make the places of these stages; the same event for the same shipyard."""
    event_id = events.derived_id(project, "stages", shipyard, *lacking)
    return Event(
        type=events.PROJECT_CREATE,
        id=event_id,
        source=source,
        time=ctx.clock.now(),
        root_time=ctx.clock.now(),
        context=events.derived_id(event_id, "context"),
        data={"project": project, "shipyard": shipyard},
    )


def services_of(tree: Tree) -> Sequence[str]:
    """Names of a stage's services: its folders that hold a values file."""
    files = (path.split("/") for path in tree.list())
    return [folder for folder, *rest in files if rest == ["values.yaml"]]
