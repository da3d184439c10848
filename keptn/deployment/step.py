"""Carry out one phase of a deployment: commit what shall be, then make it so.

Called by the functions deploy, release and rollback, and by remediate for its rollback action. Every step converges
from the committed files, so a run that died between any two instructions is healed by running again. Which plan follows
is decided in `order.py` and `strategy.py`; what the files say in `manifests.py`; how it is made so in `converge.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.context import Context
from keptn.deployment import converge, manifests, open_task, order, trailers
from keptn.deployment import request as requests
from keptn.deployment import state as states
from keptn.deployment.order import Request
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import Phase, Plan, Version, was_live
from keptn.errors import LostRace
from keptn.events import Event, Scope, rfc3339
from keptn.ports import Tree

SEARCHED_COMMITS = 20
"""How far back the commit of a repeated task is looked for; further back the branch's head is named."""
Files = Mapping[str, bytes | None]
"""Path in the stage's branch to content; None where there shall be no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is now. data: of the `.finished` event. live: what users get (colour, image, digest, url), None: nothing.

    message: what was done, and what a person should know besides (`warnings` in the data).
    """

    git_commit: str
    live: Mapping[str, str] | None
    message: str
    data: Mapping[str, Any]


def carry_out(task: Event, ctx: Context, *, phase: Phase, to_previous: bool = False) -> Outcome:
    """Do what the task asks for, or do it again; the outcome is the same.

    to_previous: a rollback goes back to the version before the live one, whoever released it (runbooks, people).
    Raises Refused (late, impossible, the workload cannot come up), NotYet, Unavailable.
    """
    until, scope = converge.deadline(ctx), requests.scope_of(task)
    open_task.check(task, ctx)
    tree = ctx.config_repo.tree(scope.project, scope.stage)
    before = states.parse(tree.read(states.path(scope.service)), service=scope.service)
    request = requests.read(task, tree, ctx, phase=phase, to_previous=to_previous, live=before.plan.live_version)
    while True:
        after = order.next_state(before, request)
        files = files_of(after, scope, ctx, tree=tree if after == before else None)
        commit = _commit(task, ctx, before=before, after=after, files=files) if after != before else None
        broken = converge.converge(after, files, scope=scope, ctx=ctx, until=until)
        if order.is_done(after, request):
            what = commit or earlier_commit(task, ctx)
            return _outcome(
                after, request, ctx, commit=what, warnings=[*broken, *_warnings(request, after, files, ctx)]
            )
        before = after


def files_of(state: DesiredState, scope: Scope, ctx: Context, *, tree: Tree | None) -> Files:
    """The manifests to commit; with a tree, those that were committed in it for this very state."""
    exposure = manifests.Exposure(gateway=ctx.settings.gateway, hostname=ctx.settings.hostname)
    rendered = manifests.render(state, scope=scope, exposure=exposure)
    if tree is None:
        return rendered
    committed = {path: tree.read(path) for path in rendered}
    whole = all(manifests.is_of(committed[path], state) for path, content in rendered.items() if content is not None)
    return committed if whole else rendered


def _commit(task: Event, ctx: Context, *, before: DesiredState, after: DesiredState, files: Files) -> tuple[str, str]:
    what = subject(before, after, task.scope)
    version = after.plan.candidate_version or after.plan.live_version
    artifact_name = f"{version.image}@{version.digest}" if version else ""
    message = trailers.commit_message(what, event=task, artifact=artifact_name)
    return commit(task.scope, ctx, before=before, after=after, files=files, message=message), what


def commit(scope: Scope, ctx: Context, *, before: DesiredState, after: DesiredState, files: Files, message: str) -> str:
    """Commit the new state with its files. Raises LostRace if it is no longer `before` that it follows."""

    def change(tree: Tree) -> Files:
        text = tree.read(states.path(scope.service))
        if states.parse(text, service=scope.service) != before:
            raise LostRace(f"another task has just changed the desired state of {scope}")
        there = {path: content for path, content in files.items() if content is not None or tree.read(path) is not None}
        return {states.path(scope.service): states.render(after), **there}

    return ctx.config_repo.commit(scope.project, scope.stage, change, message=message)


def earlier_commit(task: Event, ctx: Context, *, scaling: bool = False) -> tuple[str, str]:
    """Those of the first time. Only a repeat that comes to its end asks, not one that is still waiting.

    scaling: one task may make a commit of either kind.
    """
    commits = ctx.config_repo.log(task.scope.project, task.scope.stage, limit=SEARCHED_COMMITS)
    said = [(commit, trailers.read(commit.message)) for commit in commits]
    mine = [one for one, of in said if of.get(trailers.EVENT) == task.id and (trailers.SCALING in of) is scaling]
    found = (mine or commits)[0]
    return found.id, found.message.partition("\n")[0]


def _warnings(request: Request, state: DesiredState, files: Files, ctx: Context) -> Sequence[str]:
    """What the platform does not do of the version that was deployed."""
    colour = state.plan.candidate or state.plan.live
    if request.phase is not Phase.DEPLOY or not colour:
        return ()
    return ctx.platform.warnings(converge.objects(files, colour, scope=request.scope))


def subject(before: DesiredState, after: DesiredState, scope: Scope) -> str:
    """The commit's subject: what changes, in words."""
    plan, name = after.plan, scope.service
    new = plan.candidate_version or plan.live_version
    if after.phase is Phase.ROLLBACK and plan == before.plan:
        return f"keep {name} {tag(new)} in {scope.stage}" if new else f"keep {scope.stage} without {name}"
    if after.phase is Phase.DEPLOY and new:
        return f"deploy {name} {tag(new)} to {scope.stage} ({plan.strategy})"
    if after.phase is Phase.TRAFFIC and new:
        return f"give {name} {tag(new)} {plan.weights[plan.candidate]} % of {scope.stage}"
    if after.phase is Phase.RELEASE and new:
        return f"release {name} {tag(new)} in {scope.stage}"
    return f"roll {scope.stage} back to {name} {tag(new)}" if new else f"take {name} out of {scope.stage}"


def tag(version: Version) -> str:
    return version.image.rpartition("/")[2].partition(":")[2] or version.digest[:19]


def _outcome(
    state: DesiredState, request: Request, ctx: Context, *, commit: tuple[str, str], warnings: Sequence[str]
) -> Outcome:
    scope, plan = request.scope, state.plan
    live = _described(scope, plan.live, plan, ctx)
    git_commit, message = commit
    data: dict[str, Any] = {"gitCommit": git_commit, "live": live}
    if warnings:
        data["warnings"] = list(warnings)
    if request.phase is Phase.DEPLOY:
        data = {**data, **_deployment(request, plan, ctx)}
    elif request.phase is Phase.TRAFFIC:
        data = {**data, **_candidate(scope, plan, ctx), "weight_percent": plan.weights[plan.candidate]}
    elif request.phase is Phase.RELEASE:
        data["previous"] = _previous(plan)
    key = "deployment" if request.phase is Phase.DEPLOY else str(request.phase)
    said = "; ".join((message, *_noted(request, plan), *warnings))
    return Outcome(git_commit=git_commit, live=live, message=said, data={key: data})


def _noted(request: Request, plan: Plan) -> Sequence[str]:
    """What a person should know of a step that is none."""
    if request.phase is Phase.TRAFFIC and not plan.live:
        return [f"no version is live in {request.scope.stage}: it gets all, and there is nothing to compare it with"]
    reason = _promoted(request, plan)
    return [reason] if reason else []


def _promoted(request: Request, plan: Plan) -> str:
    """Why the version needs no steps; empty if it does."""
    version, among = plan.candidate_version, request.fast_rollback
    if request.phase is not Phase.DEPLOY or not among or not version or not was_live(plan, version, among=among):
        return ""
    return f"{version.image} was live in {request.scope.stage} before: it is released without steps (fast_rollback)"


def _deployment(request: Request, plan: Plan, ctx: Context) -> dict[str, Any]:
    """Field names: keptn specification, cloudevents.md, deployment.finished; ours: candidate, finished_at, promoted."""
    scope, new = request.scope, plan.candidate or plan.live
    return {
        "deploymentstrategy": str(plan.strategy),
        "deploymentURIsLocal": [ctx.router.own_url(scope, new)],
        "deploymentURIsPublic": [ctx.router.public_url(scope)],
        "deploymentNames": [f"{scope.service}-{new}"],
        **_candidate(scope, plan, ctx),
        "promoted": _promoted(request, plan),
    }


def _candidate(scope: Scope, plan: Plan, ctx: Context) -> dict[str, Any]:
    """It, and since when it sees what it sees: from then on it is evaluated."""
    return {"candidate": _described(scope, plan.candidate, plan, ctx), "finished_at": rfc3339(ctx.clock.now())}


def _described(scope: Scope, colour: str, plan: Plan, ctx: Context) -> dict[str, str] | None:
    if not colour:
        return None
    version, url = plan.versions[colour], ctx.router.own_url(scope, colour)
    return {"colour": colour, "image": version.image, "digest": version.digest, "url": url}


def _previous(plan: Plan) -> dict[str, str] | None:
    return {"image": plan.previous[0].image, "digest": plan.previous[0].digest} if plan.previous else None
