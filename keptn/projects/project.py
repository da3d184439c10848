"""Projects: made from a shipyard, and deleted with all that belongs to them. Called by `create_project`.

A project exists when its config repo does: the repo is made as a whole and is the last thing to go, so that a run that
was interrupted is completed by its repetition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from keptn import names
from keptn.context import Context
from keptn.deployment.trailers import commit_message
from keptn.errors import InvalidFile, Refused, Unavailable
from keptn.events import Event, Scope
from keptn.ports import ObjectStore
from keptn.projects import artifacts, hook_tokens, new_stages, remotes, stages
from keptn.records import objects

SHIPYARD = "shipyard.yaml"
SECRETS = "secrets"
"""Of an event's data: names of those that go with the project; who deletes it may list none."""
_STATE = ("rejected", "deliveries", "arrivals", "evaluations", "invalidated", "shipyards")
"""What the object store keeps of a project, each below `<kind>/<project>/`; its slots are retired already, by
`orchestrate`. The audit log stays.
"""


def create(task: Event, ctx: Context) -> tuple[Sequence[str], Sequence[str]]:
    """As `_create`; the login of a repository that stays nobody's goes."""
    try:
        return _create(task, ctx)
    except Refused:
        if (remote := remotes.of(task)) and (name := task.scope.project) not in ctx.config_repo.projects():
            remotes.forget_login(name, remote, ctx)
        raise


def _create(task: Event, ctx: Context) -> tuple[Sequence[str], Sequence[str]]:
    """Make the project that the event asks for; return its stages, and what a person should know besides.

    Repeating is fine: one that exists with this very shipyard gets what its stages' places lack, such as a namespace
    that was deleted. Raises Refused or InvalidFile, and then nothing was made but places for stages, which the next
    time finds.
    """
    from keptn import validation  # noqa: PLC0415 - as in `stages_of`

    project, content = text(task, "project"), text(task, "shipyard")
    names.check_project(project)
    found = stages_of(content, project, retention_days=ctx.settings.retention_days)
    branches: dict[str, Mapping[str, bytes]] = {"main": {SHIPYARD: content.encode()}}
    branches |= {stage: new_stages.first_files(project, stage) for stage in found}
    warnings = validation.warnings(content, file=SHIPYARD, kind=validation.Kind.SHIPYARD)
    there = project in ctx.config_repo.projects()
    remote = remotes.of(task)
    same = there and is_made_from(content, project, ctx) and remote in ("", ctx.config_repo.remote(project))
    if same or not there:  # else it will be refused
        for stage in found:
            ctx.platform.prepare(project, stage)
    if same:
        new_stages.add_branches(project, found, ctx)
        again = f"project {project} was there already; what its stages lacked in the cluster is made anew"
        return found, [again, *warnings]
    message = commit_message(f"Create project {project}", event=task)
    ctx.config_repo.create(project, branches, message=message, remote=remote)
    return found, warnings


def is_made_from(shipyard: str, project: str, ctx: Context) -> bool:
    """Whether a project that exists has this very shipyard."""
    return ctx.config_repo.tree(project, "main").read(SHIPYARD) == shipyard.encode()


def delete(task: Event, ctx: Context) -> Sequence[str]:
    """Delete its routes, workloads, state, hooks and repo, and say what stays. What is not there is fine."""
    project = text(task, "project")
    if project not in ctx.config_repo.projects():
        _forget(task, project, ctx)  # what a run that was interrupted may have left
        return []
    own = ctx.config_repo.remote(project)
    try:
        there = _stands(project, ctx)
    except (Refused, Unavailable):
        if not own:
            raise
        there = _ran(project, ctx)  # a server of somebody else's may be gone for good
    for service in sorted({*artifacts.services(ctx.store, project)}.union(*there.values())):
        forget_hook(project, service, ctx)
    for stage, services in there.items():
        for service in services:
            ctx.router.remove(Scope(project=project, stage=stage, service=service))
    ctx.platform.remove_all(project)  # with the rights in its namespaces
    for kind in _STATE:
        delete_below(ctx.store, f"{kind}/{project}/")
    delete_below(ctx.store, objects.deliveries_of_digests(project))
    ctx.config_repo.delete(project)
    _forget(task, project, ctx)
    return [f"its repository {own} stays as it is, and is yours to remove"] if own else []


def _forget(task: Event, project: str, ctx: Context) -> None:
    """What its namesake would inherit. Tokens first: they write secrets, and from here on nobody gets another."""
    from keptn.records import secret_names, tokens  # noqa: PLC0415 - for this alone

    remotes.forget_logins(project, ctx)
    tokens.revoke_all(ctx.store, project)
    named = {*map(str, task.data.get(SECRETS) or ()), hook_tokens.problems_secret(project)}
    for name in sorted(named):
        if secret_names.project_of(name) == project:
            ctx.secret_admin.delete(name)


def _stands(project: str, ctx: Context) -> Mapping[str, Sequence[str]]:
    """Stages, each with its services, as Git says it."""
    left = stages.there(ctx.config_repo, project)
    return {stage: new_stages.services_of(ctx.config_repo.tree(project, stage)) for stage in left}


def _ran(project: str, ctx: Context) -> Mapping[str, Sequence[str]]:
    """Stages, each with the services that ever ran there: the fences that `orchestrate` has left of them."""
    stored = ctx.store.get(objects.retired(project))
    found: dict[str, list[str]] = {}
    for slot in json.loads(stored.data) if stored else {}:
        stage, _, service = slot.partition("/")
        found.setdefault(stage, []).append(service)
    return found


def forget_hook(project: str, service: str, ctx: Context) -> None:
    """Take away what lets an image start a delivery of the service, whichever repositories its files named by now."""
    for name in artifacts.owner_objects(ctx.store, project, service):
        ctx.store.delete(name)
    ctx.secret_admin.delete(hook_tokens.secret_name(project, service))


def delete_below(store: ObjectStore, prefix: str) -> None:
    """Delete every object with the prefix."""
    while names_left := store.list(prefix).names:
        for name in names_left:
            store.delete(name)


def stages_of(text: str, project: str, *, retention_days: int, file: str = SHIPYARD) -> Sequence[str]:
    """The shipyard's stages, each fit for a branch and a namespace. Raises InvalidFile or Refused."""
    # half of what importing this file would cost, for one of its callers
    from keptn import shipyard  # noqa: PLC0415
    from keptn.records import retention  # noqa: PLC0415

    parsed = shipyard.parse(text, file=file, name=project)
    retention.check_waits(parsed, retention_days=retention_days)
    found = [stage.name for stage in parsed.stages]
    for stage in found:
        try:
            names.check_stage(stage, project=project)
        except Refused as refused:
            raise InvalidFile(str(refused), file=file) from refused
    return found


def text(task: Event, name: str) -> str:
    """A required text of the event's data. Raises Refused."""
    value = task.data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{task.type} names no {name}; its data needs {name!r} as text")
    return value
