"""Services: onboarded into every stage of a project, and deleted. Called by `onboard_service`.

A service is in a stage when its values file is; the image repository's entry, which lets a push start a delivery, comes
last and goes first.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keptn import events, names, validation
from keptn.context import Context
from keptn.deployment import manifests
from keptn.deployment.trailers import commit_message
from keptn.errors import InvalidFile, Refused
from keptn.events import Event, Scope
from keptn.ports import Change, Tree
from keptn.projects import artifacts, hook_tokens, stages, values
from keptn.projects.artifacts import Owner
from keptn.projects.project import delete_below, forget_hook, text
from keptn.projects.tag_rules import TagRules
from keptn.projects.values import ValuesFile
from keptn.records import objects
from keptn.validation import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarded:
    """A service, the stages it is in, and the registry hook: where it posts, and the secret that holds its token.

    repository: empty if its values name none. warnings: what is surely not meant, what the platform does not do.
    """

    service: str
    repository: str
    stages: Sequence[str]
    hook_url: str
    hook_secret: str
    warnings: Sequence[str] = ()


def onboard(task: Event, ctx: Context) -> Onboarded:
    """Write the service's values file to every stage and set up its registry hook. Repeating the event is fine.

    Raises Refused, InvalidFile or Unknown, and then nothing was written.
    """
    project = text(task, "project")
    content = text(task, "values")
    found = stages.of_project(ctx.config_repo, project)
    file = _checked(values.parse(content), task)
    for stage in found:
        _check_free(ctx.config_repo.tree(project, stage), content.encode(), file.service, project)
    _make_token(task, project, file.service, ctx)
    for stage in found:
        message = commit_message(f"Onboard {file.service}", event=_in_stage(task, stage, file.service))
        ctx.config_repo.commit(
            project, stage, _writing(f"{file.service}/values.yaml", content.encode()), message=message
        )
    if file.repository:
        owner = Owner(project=project, service=file.service)
        artifacts.owned(ctx.store, file.repository, owner, tags=file.tags)
    return Onboarded(
        service=file.service,
        repository=file.repository,
        stages=found,
        hook_url=hook_tokens.hook_url(ctx.settings),
        hook_secret=hook_tokens.secret_name(project, file.service),
        warnings=[
            *validation.warnings(content, file="values.yaml", kind=Kind.VALUES),
            *_warnings(file, project, found, ctx),
        ],
    )


def follow(project: str, service: str, ctx: Context) -> None:
    """A service's values file was changed: pushes to the repositories that its stages name now start deliveries.

    Which tags do, the first stage that names the repository says.
    Pushes to those that none names any more do not: what they bring is no version of this service. While a stage has a
    file that cannot be read, nobody knows, and nothing is forgotten.
    """
    found, known, owner = dict[str, TagRules](), True, Owner(project=project, service=service)
    for stage in stages.there(ctx.config_repo, project):
        content = ctx.config_repo.tree(project, stage).read(f"{service}/values.yaml")
        try:
            file = content and values.parse(content)
        except InvalidFile:
            known = False
        else:
            if file and file.repository:
                found.setdefault(file.repository, file.tags)
    for repository, tags in found.items():
        artifacts.owned(ctx.store, repository, owner, tags=tags)
    kept = {objects.owner(repository, project=project, service=service) for repository in found}
    for name in list(artifacts.owner_objects(ctx.store, project, service)) if known else ():
        if name not in kept:
            ctx.store.delete(name)


def delete(task: Event, ctx: Context) -> None:
    """Stop the service in every stage and delete its hook, state and files. What is not there is fine."""
    project, service = text(task, "project"), text(task, "service")
    names.check_service(service)
    if project not in ctx.config_repo.projects():
        return
    found = stages.there(ctx.config_repo, project)
    forget_hook(project, service, ctx)
    delete_below(ctx.store, f"{objects.deliveries_of_digests(project, service)}/")
    ctx.platform.remove_all(project, service=service)
    for stage in found:
        ctx.router.remove(Scope(project=project, stage=stage, service=service))
        for kind in ("rejected", "evaluations", "invalidated"):
            delete_below(ctx.store, f"{kind}/{project}/{stage}/{service}/")
        message = commit_message(f"Delete {service}", event=_in_stage(task, stage, service))
        ctx.config_repo.commit(project, stage, _without(service), message=message)


def _warnings(file: ValuesFile, project: str, found: Sequence[str], ctx: Context) -> Sequence[str]:
    """Of the route too, where the file says something of it: otherwise the router does all that stands there."""
    scope, workload = Scope(project=project, stage=found[0], service=file.service), file.workload
    of_route = workload.hostnames or any(patch.target == "HTTPRoute" for patch in workload.patches)
    rendered = manifests.preview(workload, scope=scope)
    return ctx.platform.warnings([one for one in rendered if of_route or one["kind"] != "HTTPRoute"])


def _checked(file: ValuesFile, task: Event) -> ValuesFile:
    named = str(task.data.get("service") or "")
    if named not in ("", file.service):
        raise Refused(f"the values file is for service {file.service!r}, but the event is for {named!r}; correct one")
    return file


def _check_free(tree: Tree, text: bytes, service: str, project: str) -> None:
    if tree.read(f"{service}/values.yaml") not in (None, text):
        raise Refused(
            f"project {project} has the service {service!r} already; change its files with keptn add-resource, "
            "or delete it first"
        )


def _make_token(task: Event, project: str, service: str, ctx: Context) -> None:
    """Once per service. Derived from the event where the installation has a key, so that a duplicate of the event
    running at the same moment makes the same token; what was derived cannot be turned back.
    """
    name = hook_tokens.secret_name(project, service)
    if ctx.secrets.get(name, "token") is not None:
        return
    key = ctx.secrets.get("api", "token")
    derived = key and hmac.new(key.encode(), f"{name} {task.id}".encode(), hashlib.sha256).hexdigest()
    token = hook_tokens.new_token(project, service, random=derived or randomness.token_hex(32))
    ctx.secret_admin.put(name, {"token": token})


def _in_stage(task: Event, stage: str, service: str) -> Event:
    """The event as its commit on a stage's branch tells of it."""
    return events.with_data(task, {**task.data, "stage": stage, "service": service})


def _writing(path: str, content: bytes) -> Change:
    return lambda _: {path: content}


def _without(folder: str) -> Change:
    def change(tree: Tree) -> Mapping[str, None]:
        return dict.fromkeys(tree.list(folder))

    return change
