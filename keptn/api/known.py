"""Is there such a project, stage, service? One sentence if not. All routes ask here before they do anything."""

from __future__ import annotations

from collections.abc import Sequence

from keptn import shipyard
from keptn.context import Context
from keptn.errors import Unknown
from keptn.ports import Tree
from keptn.projects import stages

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
    return stages.named(stage_names(project_name, ctx), name, project=project_name)


def exact_stage(project_name: str, name: str, ctx: Context) -> str:
    """The name itself: a stage in an event's type is never rewritten. Raises Unknown."""
    there = stage_names(project_name, ctx)
    if name not in there:
        raise Unknown(f"stage {name!r} is not in shipyard {project_name}; stages: {', '.join(there)}")
    return name


def stage_names(project_name: str, ctx: Context) -> Sequence[str]:
    return stages.of_project(ctx.config_repo, project(project_name, ctx))


def sequence(project_name: str, stage_name: str, name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown, listing the sequences of the stage."""
    text = ctx.config_repo.tree(project_name, "main").read("shipyard.yaml") or b""
    return shipyard.parse(text, name=project_name).stage(stage_name).sequence(name).name


def services(project_name: str, stage_name: str, ctx: Context) -> Sequence[str]:
    """Names of the services of a stage: the folders that hold a values file."""
    return service_names(ctx.config_repo.tree(project_name, stage_name))


def service_names(tree: Tree) -> Sequence[str]:
    files = (path.split("/") for path in tree.list())
    return sorted(folder for folder, *rest in files if rest == ["values.yaml"])


def all_services(project_name: str, ctx: Context) -> Sequence[str]:
    """Names of the services of any stage of the project."""
    return sorted(
        {name for stage_name in stage_names(project_name, ctx) for name in services(project_name, stage_name, ctx)}
    )


def service(project_name: str, name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown if no stage has it."""
    return _service(name, all_services(project_name, ctx), where=f"project {project_name}", project_name=project_name)


def service_of_any(project_names: Sequence[str], name: str, ctx: Context) -> str:
    """The name itself. Raises Unknown if none of the projects has it."""
    there = sorted({one for project_name in project_names for one in all_services(project_name, ctx)})
    if name in there:
        return name
    where = f"project {project_names[0]} has no" if len(project_names) == 1 else "no project has a"
    raise Unknown(f"{where} service {name!r}; {_listed('services', there)}")


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
