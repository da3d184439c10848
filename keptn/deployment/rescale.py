"""Give a service more replicas for the time of a problem, and take them back: a commit, then the cluster.

Called by the action `scale` of a remediation. Like `step.py` it converges from the committed files, so what died
between any two instructions is healed by running again. It changes no plan: which versions there are, and who sees
them, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from keptn.context import Context
from keptn.deployment import converge, open_task, scaling, step, trailers
from keptn.deployment import request as requests
from keptn.deployment import state as states
from keptn.deployment.scaling import Scaling
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import Phase
from keptn.errors import Late, Refused
from keptn.events import Event, Scope
from keptn.ports import Manifest

Scalings = Mapping[str, Scaling]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is now. waiting: why not all replicas that users get are there yet; empty if they are."""

    git_commit: str
    message: str
    waiting: str
    warnings: Sequence[str] = ()


def up(task: Event, wanted: Scaling, ctx: Context) -> Outcome:
    """Scale the service as this task asks, or do it again. Raises Refused, NotYet, Unavailable."""

    def change(before: DesiredState) -> Scalings:
        if not before.plan.live:
            raise Refused(f"nothing is live in {task.scope}, so there is nothing to scale")
        return {**before.scaled, task.id: wanted}

    return _carry_out(task, change, ctx, wanted=wanted)


def back(task: Event, ctx: Context, *, of: str) -> Outcome:
    """Take back what the task `of` asked for. Where that has not been done, a commit keeps it from being done late."""
    return _carry_out(task, lambda before: {key: one for key, one in before.scaled.items() if key != of}, ctx)


def _carry_out(
    task: Event, change: Callable[[DesiredState], Scalings], ctx: Context, *, wanted: Scaling | None = None
) -> Outcome:
    until, scope = converge.deadline(ctx), requests.scope_of(task)
    open_task.check(task, ctx)
    tree = ctx.config_repo.tree(scope.project, scope.stage)
    before = states.parse(tree.read(states.path(scope.service)), service=scope.service)
    if task.epoch < before.epoch:
        raise Late(f"task {task.id} of epoch {task.epoch} is late for {scope}: epoch {before.epoch} has taken over")
    after = _after(before, change(before), task)
    if not after.plan.versions:
        return Outcome(git_commit="", message=f"nothing runs in {scope}", waiting="")
    was = step.files_of(before, scope, ctx, tree=tree)
    files = was if after == before else step.files_of(after, scope, ctx, tree=None)
    colour = after.plan.live or after.plan.candidate
    objects = converge.objects(files, colour, scope=scope)
    if after == before:
        commit, subject = step.earlier_commit(task, ctx, scaling=True)
    else:
        then, now = _bounds(converge.objects(was, colour, scope=scope)), _bounds(objects)
        subject = _subject(then, now, scope)
        message = trailers.commit_message(subject, event=task, scaling=now)
        commit = step.commit(scope, ctx, before=before, after=after, files=files, message=message)
    converge.converge(after, files, scope=scope, ctx=ctx, until=until)
    return Outcome(
        git_commit=commit,
        message=subject,
        waiting=converge.missing(scope, colour, ctx),
        warnings=[*_in_vain(after, wanted, colour, scope, ctx), *ctx.platform.warnings(objects)] if wanted else (),
    )


def _in_vain(state: DesiredState, wanted: Scaling | None, colour: str, scope: Scope, ctx: Context) -> Iterator[str]:
    """Whether the service has what is wanted without it."""
    files = step.files_of(replace(state, scaled={}), scope, ctx, tree=None)
    own = converge.objects(files, colour, scope=scope)
    if wanted and scaling.bounds(scaling.scaled(own, {"": wanted})) == scaling.bounds(own):
        yield f"nothing more was asked for than its values say: {_bounds(own)}"


def _after(before: DesiredState, scalings: Scalings, task: Event) -> DesiredState:
    """The next state. A higher epoch is written down even if nothing changes: what is late must find it."""
    same_round = task.epoch == before.epoch
    if same_round and scalings == before.scaled:
        return before
    order = {} if same_round else {"epoch": task.epoch, "phase": Phase.DEPLOY, "tasks": ()}
    return states.followed_by(before, before.plan, scaled=scalings, awaited=(), **order)


def _bounds(objects: Sequence[Manifest]) -> str:
    return str(scaling.bounds(objects) or "as many replicas as others say")


def _subject(before: str, after: str, scope: Scope) -> str:
    where = f"{scope.service} in {scope.stage}"
    return f"keep {where} at {after}" if before == after else f"scale {where} from {before} to {after}"
