"""Is there such a project, stage, service? One sentence if not. All routes ask here before they do anything."""

from __future__ import annotations

from collections.abc import Sequence

from keptn import shipyard
from keptn.api.call import SOURCE
from keptn.context import Context
from keptn.errors import InvalidFile, KeptnError, Refused, Unavailable, Unknown
from keptn.ports import Tree
from keptn.projects import new_stages, stages
from keptn.projects.project import stages_of

_MOST_LISTED = 20


def projects(ctx: Context) -> Sequence[str]:
    return sorted(ctx.config_repo.projects())


def project(name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown, listing what there is."""
    there = projects(ctx)
    if name not in there:
        raise Unknown(f"there is no project {name!r}; {_listed('projects', there)}")
    return name


def stage(project_name: str, name: str, ctx: Context) -> str:
    """The stage that is meant, in the shipyard's spelling. Raises Unknown."""
    try:
        return stages.named(stage_names(project_name, ctx), name, project=project_name)
    except Unknown:
        if name not in ctx.config_repo.branches(project_name):
            raise
        left = f"its branch is there, but the shipyard on main of {project_name} does not name it any more"
        there = ", ".join(stage_names(project_name, ctx))
        raise Unknown(f"stage {name!r} is none now: {left}; stages: {there}") from None


def stage_with_branch(project_name: str, name: str, ctx: Context) -> str:
    """As `stage`, for whom the branch is enough: also while the shipyard is broken."""
    try:
        return stage(project_name, name, ctx)
    except InvalidFile:
        return stages.named(stages_there(project_name, ctx), name, project=project_name)


def exact_stage(project_name: str, name: str, ctx: Context) -> str:
    """The name itself: a stage in an event's type is never rewritten. Raises Unknown."""
    there = stage_names(project_name, ctx)
    if name not in there:
        raise Unknown(f"stage {name!r} is not in shipyard {project_name}; stages: {', '.join(there)}")
    return name


def stage_names(project_name: str, ctx: Context) -> Sequence[str]:
    return stages.of_project(ctx.config_repo, project(project_name, ctx))


def stages_there(project_name: str, ctx: Context) -> Sequence[str]:
    """The stages that have a branch, whatever the shipyard says."""
    return stages.there(ctx.config_repo, project(project_name, ctx))


def tree(project_name: str, stage_name: str, ctx: Context) -> Tree:
    """The files of a stage; one that the shipyard got after its project was made gets its branch. Raises Refused."""
    try:
        return ctx.config_repo.tree(project_name, stage_name)
    except Unknown:
        made_to_be(project_name, ctx)
        return ctx.config_repo.tree(project_name, stage_name)


def made_to_be(project_name: str, ctx: Context) -> None:
    """Have the stages that the shipyard names and the project lacks. Raises Refused if the shipyard is not right."""
    text = stages.shipyard(ctx.config_repo, project_name).decode(errors="replace")
    file = f"{project_name}/shipyard.yaml"
    named = stages_of(text, project_name, retention_days=ctx.settings.retention_days, file=file)
    if added := new_stages.add_branches(project_name, named, ctx):
        ctx.sink.post(new_stages.to_be_made(project_name, text, added, source=SOURCE, ctx=ctx))


def sequence(project_name: str, stage_name: str, name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown, listing the sequences of the stage."""
    text = stages.shipyard(ctx.config_repo, project_name)
    return (
        shipyard.parse(text, file=f"{project_name}/shipyard.yaml", name=project_name)
        .stage(stage_name)
        .sequence(name)
        .name
    )


def services(project_name: str, stage_name: str, ctx: Context) -> Sequence[str]:
    """Names of the services of a stage: the folders that hold a values file."""
    return sorted(new_stages.services_of(tree(project_name, stage_name, ctx)))


def all_services(project_name: str, ctx: Context) -> Sequence[str]:
    """Names of the services of any stage of the project."""
    return sorted(
        {name for stage_name in stages_there(project_name, ctx) for name in services(project_name, stage_name, ctx)}
    )


def service(project_name: str, name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown if no stage has it."""
    return _service(name, all_services(project_name, ctx), where=f"project {project_name}", project_name=project_name)


def service_of_any(project_names: Sequence[str], name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown if none of the projects has it."""
    there = set[str]()
    away: KeptnError | None = None
    for project_name in project_names:
        try:
            there |= {*all_services(project_name, ctx)}
        except (Refused, Unavailable) as why:
            away = why
    if name in there:
        return name
    if away:
        raise away
    where = f"project {project_names[0]} has no" if len(project_names) == 1 else "no project has a"
    raise Unknown(f"{where} service {name!r}; {_listed('services', sorted(there))}")


def service_in(project_name: str, stage_name: str, name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown if the stage does not have it."""
    there = services(project_name, stage_name, ctx)
    return _service(name, there, where=f"stage {stage_name} of {project_name}", project_name=project_name)


def _service(name: str, there: Sequence[str], *, where: str, project_name: str) -> str:
    if name in there:
        return name
    hint = f"{_listed('services', there)}; keptn onboard service --project={project_name} --values=FILE"
    raise Unknown(f"{where} has no service {name!r}; {hint}")


def _listed(kind: str, names: Sequence[str]) -> str:
    if not names:
        return f"there are no {kind} yet"
    return f"{kind}: " + ", ".join(names[:_MOST_LISTED]) + (", …" if len(names) > _MOST_LISTED else "")
