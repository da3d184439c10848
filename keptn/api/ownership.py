"""Which service of which project is meant when a person names an image, a service, or both, but no project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from keptn.api import known
from keptn.context import Context
from keptn.errors import Refused, Unavailable, Unknown
from keptn.projects import artifacts, values
from keptn.projects.artifacts import Owner
from keptn.web import HttpError


def owner(*, repository: str, project: str, service: str, ctx: Context, sees: Callable[[str], bool]) -> Owner:
    """The one service that fits, of the projects that the caller sees.

    Raises Unknown, or HttpError 400 that lists the candidates.
    """
    if project and service:
        return Owner(project=known.project(project, ctx), service=known.service(project, service, ctx))
    fitting = _fitting(repository, project, service, ctx, sees)
    if len(fitting) == 1:
        return fitting[0]
    name = f"service {service!r}" if service else f"service with the image {repository!r}"
    if not fitting:
        where = f"project {known.project(project, ctx)} has no" if project else "no project has a"
        raise Unknown(f"{where} {name}; see keptn get service, or keptn onboard service")
    listed = ", ".join(f"{candidate.project}/{candidate.service}" for candidate in fitting)
    raise HttpError(f"the {name} is in several places: {listed}; say --project and --service", status=400)


def onboarded_repository(owner: Owner, repository: str, ctx: Context) -> str:
    """The repository as the service's values name it, where the given one is its short form (`carts`)."""
    stage = known.stage_names(owner.project, ctx)[0]
    text = known.tree(owner.project, stage, ctx).read(f"{owner.service}/values.yaml") or b""
    whole = values.parse(text, file=f"{owner.service}/values.yaml").repository
    return whole if whole.endswith(f"/{repository}") else repository


def _fitting(repository: str, project: str, service: str, ctx: Context, sees: Callable[[str], bool]) -> Sequence[Owner]:
    """In the project, if one was named."""
    for found in _candidates(repository, service, ctx, sees):
        if fitting := [one for one in found if project in ("", one.project) and sees(one.project)]:
            return fitting
    return ()


def _candidates(repository: str, service: str, ctx: Context, sees: Callable[[str], bool]) -> Iterator[Sequence[Owner]]:
    """By the image, then by the service's name, then by the last parts of an image; the first way that finds one."""
    if not service:
        yield artifacts.owners(ctx.store, repository)
    name = service or repository.rpartition("/")[2]
    try:
        seen = filter(sees, known.projects(ctx))
        there = [project for project in seen if name in known.all_services(project, ctx)]
    except (Refused, Unavailable) as away:
        raise HttpError(f"whose {name} it is cannot be told: {away}; say --project and --service", status=424) from away
    yield [Owner(project=project, service=name) for project in there]
    if not service:
        yield artifacts.owners_of_short(ctx.store, repository)
