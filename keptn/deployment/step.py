"""Carry out one phase of a deployment: commit what shall be, then make it so.

Called by the functions deploy, release and rollback, and by remediate for its rollback action. Every step converges
from the committed desired state, so a run that died between any two instructions is healed by running again. Which
plan follows is decided in `order.py` and `strategy.py`, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from keptn.context import Context
from keptn.deployment import manifests, order, trailers
from keptn.deployment import request as requests
from keptn.deployment import state as states
from keptn.deployment.order import Request
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import COLOURS, Phase, Plan, Version
from keptn.errors import LostRace, NotYet
from keptn.events import Event, Scope, rfc3339
from keptn.ports import Endpoint, Route, Tree, Workload

POLL_S = 0.1
LOOK_AGAIN_S = 2.0
"""After a request has waited `wait_s` for a workload: when the timer calls again."""
SEARCHED_COMMITS = 20
"""How far back the commit of a repeated task is looked for; further back the branch's head is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is now. data: of the `.finished` event. live: what users get (colour, image, digest, url), None: nothing."""

    git_commit: str
    live: Mapping[str, str] | None
    message: str
    data: Mapping[str, Any]


def carry_out(task: Event, ctx: Context, *, phase: Phase, to_previous: bool = False) -> Outcome:
    """Do what the task asks for, or do it again; the outcome is the same.

    to_previous: a rollback goes back to the version before the live one, whoever released it (runbooks, people).
    Raises Refused (late, impossible, the workload cannot come up), NotYet, Unavailable.
    """
    while True:
        tree = ctx.config_repo.tree(task.scope.project, task.scope.stage)
        before = states.parse(tree.read(states.path(task.scope.service)), service=task.scope.service)
        request = requests.read(task, tree, ctx, phase=phase, to_previous=to_previous, live=before.plan.live_version)
        after = order.next_state(before, request)
        commit, message = _commit(task, ctx, before=before, after=after)
        _converge(after, request.scope, ctx)
        if order.is_done(after, request):
            return _outcome(after, request, ctx, commit=commit, message=message)


def _commit(task: Event, ctx: Context, *, before: DesiredState, after: DesiredState) -> tuple[str, str]:
    """Commit the new state; return the commit and its subject. A repeat gets those of the first time."""
    scope = task.scope
    if after == before:
        return _earlier_commit(task, ctx)
    version, what = after.plan.candidate_version or after.plan.live_version, subject(before, after, scope)
    artifact_name = f"{version.image}@{version.digest}" if version else ""
    message = trailers.commit_message(what, event=task, artifact=artifact_name)

    def change(tree: Tree) -> Mapping[str, bytes | None]:
        text = tree.read(states.path(scope.service))
        if states.parse(text, service=scope.service) != before:
            raise LostRace(f"another task has just changed the desired state of {scope}")
        rendered = manifests.render(after, scope=scope)
        gone = {path for path, content in rendered.items() if content is None and tree.read(path) is None}
        files = {path: content for path, content in rendered.items() if path not in gone}
        return {states.path(scope.service): states.render(after), **files}

    return ctx.config_repo.commit(scope.project, scope.stage, change, message=message), what


def _earlier_commit(task: Event, ctx: Context) -> tuple[str, str]:
    commits = ctx.config_repo.log(task.scope.project, task.scope.stage, limit=SEARCHED_COMMITS)
    mine = [commit for commit in commits if trailers.read(commit.message).get(trailers.EVENT) == task.id]
    found = (mine or commits)[0]
    return found.id, found.message.partition("\n")[0]


def subject(before: DesiredState, after: DesiredState, scope: Scope) -> str:
    """The commit's subject: what changes, in words."""
    plan, name = after.plan, scope.service
    new = plan.candidate_version or plan.live_version
    if after.phase is Phase.ROLLBACK and plan == before.plan:
        return f"keep {name} {tag(new)} in {scope.stage}" if new else f"keep {scope.stage} without {name}"
    if after.phase is Phase.DEPLOY and new:
        return f"deploy {name} {tag(new)} to {scope.stage} ({plan.strategy})"
    if after.phase is Phase.RELEASE and new:
        return f"release {name} {tag(new)} in {scope.stage}"
    return f"roll {scope.stage} back to {name} {tag(new)}" if new else f"take {name} out of {scope.stage}"


def tag(version: Version) -> str:
    return version.image.rpartition("/")[2].partition(":")[2] or version.digest[:19]


def _converge(state: DesiredState, scope: Scope, ctx: Context) -> None:
    """Workloads first, then the route, and only after the router has confirmed it: what is no longer needed."""
    plan = state.plan
    for colour, version in plan.versions.items():
        ctx.platform.apply(_workload(scope, colour, version, state))
    endpoints = _ready(plan, scope, ctx)
    ctx.router.apply(
        Route(scope=scope, revision=state.revision, endpoints=endpoints, weights=plan.weights, mirror=plan.mirror)
    )
    for colour in COLOURS:
        if colour not in plan.versions:
            ctx.platform.remove(scope, colour, revision=state.revision)


def _workload(scope: Scope, colour: str, version: Version, state: DesiredState) -> Workload:
    return Workload(
        scope=scope,
        colour=colour,
        image=version.image,
        digest=version.digest,
        revision=state.revision,
        env=version.env,
        health=version.health,
        replicas=version.replicas,
    )


def _ready(plan: Plan, scope: Scope, ctx: Context) -> Mapping[str, Endpoint]:
    """The addresses of all workloads, as soon as all are ready. Raises NotYet."""
    deadline = ctx.clock.now() + timedelta(seconds=ctx.settings.wait_s)
    while True:
        found = {colour: ctx.platform.endpoint(scope, colour) for colour in plan.versions}
        waiting = [colour for colour, endpoint in found.items() if endpoint is None]
        if not waiting:
            return {colour: endpoint for colour, endpoint in found.items() if endpoint}
        if ctx.clock.now() >= deadline:
            raise NotYet(f"{scope.service} {waiting[0]} in {scope.stage} is not ready yet", after_s=LOOK_AGAIN_S)
        ctx.clock.sleep(POLL_S)


def _outcome(state: DesiredState, request: Request, ctx: Context, *, commit: str, message: str) -> Outcome:
    scope, plan = request.scope, state.plan
    live = _described(scope, plan.live, plan, ctx)
    data: dict[str, Any] = {"gitCommit": commit, "live": live}
    if request.phase is Phase.DEPLOY:
        data = {**data, **_deployment(request, plan, ctx)}
    elif request.phase is Phase.RELEASE:
        data["previous"] = _previous(plan)
    key = "deployment" if request.phase is Phase.DEPLOY else str(request.phase)
    return Outcome(git_commit=commit, live=live, message=message, data={key: data})


def _deployment(request: Request, plan: Plan, ctx: Context) -> dict[str, Any]:
    """Field names: keptn specification, cloudevents.md, deployment.finished; ours are candidate and finished_at."""
    scope, new = request.scope, plan.candidate or plan.live
    return {
        "deploymentstrategy": str(plan.strategy),
        "deploymentURIsLocal": [ctx.router.own_url(scope, new)],
        "deploymentURIsPublic": [ctx.router.public_url(scope)],
        "deploymentNames": [f"{scope.service}-{new}"],
        "candidate": _described(scope, plan.candidate, plan, ctx),
        "finished_at": rfc3339(ctx.clock.now()),
    }


def _described(scope: Scope, colour: str, plan: Plan, ctx: Context) -> dict[str, str] | None:
    if not colour:
        return None
    version, url = plan.versions[colour], ctx.router.own_url(scope, colour)
    return {"colour": colour, "image": version.image, "digest": version.digest, "url": url}


def _previous(plan: Plan) -> dict[str, str] | None:
    return {"image": plan.previous[0].image, "digest": plan.previous[0].digest} if plan.previous else None
