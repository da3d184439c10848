"""Projects: made from a shipyard, and deleted with all that belongs to them. Called by `create_project`.

A project exists when its config repo does: the repo is made as a whole and is the last thing to go, so that a run that
was interrupted is completed by its repetition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keptn import artifacts, documents, names, stages
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event, Scope
from keptn.hooks import tokens
from keptn.ports import ObjectStore, Tree
from keptn.trailers import commit_message
from keptn.values import ValuesFile, parse

SHIPYARD, STAGE = "shipyard.yaml", "stage.yaml"
_STATE = ("slots", "rejected", "deliveries", "evaluations", "shipyards")
"""What the object store keeps of a project, each below `<kind>/<project>/`. The audit log stays."""


def create(task: Event, ctx: Context) -> Sequence[str]:
    """Make the project that the event asks for; return its stages. Repeating the same event is fine.

    Raises Refused or InvalidFile, and then nothing was made.
    """
    project, shipyard = text(task, "project"), text(task, "shipyard")
    names.check_project(project)
    found = _stages(shipyard, project)
    branches = {"main": {SHIPYARD: shipyard.encode()}}
    branches |= {stage: {STAGE: documents.dump({"project": project, "stage": stage})} for stage in found}
    ctx.config_repo.create(project, branches, message=commit_message(f"Create project {project}", event=task))
    return found


def delete(task: Event, ctx: Context) -> None:
    """Stop its workloads and delete its routes, state, hooks and repo. What is not there is fine."""
    project = text(task, "project")
    if project not in ctx.config_repo.projects():
        return
    found = _stages_left(project, ctx)
    services = {stage: services_of(ctx.config_repo.tree(project, stage)) for stage in found}
    for service in sorted({service for there in services.values() for service in there}):
        forget_hook(project, service, ctx, repositories=repositories_of(project, service, found, ctx))
    ctx.platform.remove_all(project)
    for stage, there in services.items():
        for service in there:
            ctx.router.remove(Scope(project=project, stage=stage, service=service))
    for kind in _STATE:
        delete_below(ctx.store, f"{kind}/{project}/")
    ctx.config_repo.delete(project)


def services_of(tree: Tree) -> Sequence[str]:
    """Names of a stage's services: its folders that hold a values file."""
    files = (path.split("/") for path in tree.list())
    return [folder for folder, *rest in files if rest == ["values.yaml"]]


def forget_hook(project: str, service: str, ctx: Context, *, repositories: Sequence[str]) -> None:
    """Take away what lets an image of the service start a delivery."""
    for repository in repositories:
        ctx.store.delete(artifacts.owner_object(repository, project, service))
    ctx.secrets.delete(tokens.secret_name(project, service))


def repositories_of(project: str, service: str, found: Sequence[str], ctx: Context) -> Sequence[str]:
    """The image repositories that the service's values files name, in any stage."""
    return sorted({values.repository for values in _values(project, service, found, ctx)})


def delete_below(store: ObjectStore, prefix: str) -> None:
    """Delete every object with the prefix."""
    while names_left := store.list(prefix).names:
        for name in names_left:
            store.delete(name)


def _stages_left(project: str, ctx: Context) -> Sequence[str]:
    try:
        return stages.of_project(ctx.config_repo, project)
    except Refused:  # a shipyard that somebody broke by hand must not keep the project from going
        return ()


def _values(project: str, service: str, found: Sequence[str], ctx: Context) -> Iterator[ValuesFile]:
    for stage in found:
        text = ctx.config_repo.tree(project, stage).read(f"{service}/values.yaml")
        try:
            if text is not None:
                yield parse(text)
        except Refused:  # edited by hand and broken: there is nothing to learn from it
            continue


def _stages(shipyard: str, project: str) -> Sequence[str]:
    document = documents.load(shipyard, file=SHIPYARD)
    found = stages.in_shipyard(document)
    for stage in found:
        try:
            names.check_stage(stage, project=project)
        except Refused as refused:
            raise document.error(str(refused), "stages", found.index(stage)) from refused
    if twice := [stage for stage in found if found.count(stage) > 1]:
        raise document.error(f"the stage {twice[0]!r} stands twice; give each a name of its own", "stages")
    return found


def text(task: Event, name: str) -> str:
    """A required text of the event's data. Raises Refused."""
    value = task.data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{task.type} names no {name}; its data needs {name!r} as text")
    return value
