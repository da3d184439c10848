"""From committed files to what runs: workloads first, then the route, then what is no longer needed goes.

Called by `step.py`. A version that gains traffic is waited for; one that keeps or loses it is not, whatever its state:
a service whose live version is broken must be repairable. What is wrong with such a one is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from keptn.context import Context
from keptn.deployment import manifests
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import COLOURS
from keptn.errors import Late, NotYet, Refused
from keptn.events import Scope
from keptn.ports import Endpoint, Manifest, Route

LOOK_AGAIN_S = 2.0
"""After a request has waited `wait_s` for the world: when the timer calls again."""


def deadline(ctx: Context) -> datetime:
    """Until when a request that begins now waits for the world."""
    return ctx.clock.now() + timedelta(seconds=ctx.settings.wait_s)


def converge(
    state: DesiredState, files: Mapping[str, bytes | None], *, scope: Scope, ctx: Context, until: datetime
) -> Sequence[str]:
    """Make it so; return what is wrong with versions that nobody waits for. Raises Refused, NotYet, Unavailable."""
    broken = _apply(state, files, scope, ctx)
    endpoints = _awaited(state, scope, ctx, until=until)
    for colour in sorted(set(state.plan.versions) - set(endpoints)):
        endpoint, reason = _as_it_is(scope, colour, ctx)
        if endpoint:
            endpoints[colour] = endpoint
        else:
            broken.setdefault(colour, reason)
    route = manifests.route(files[manifests.path(scope, "route")] or b"", scope=scope, endpoints=endpoints)
    _wait(lambda: _set(route, ctx), ctx, until=until, poll_s=ctx.router.poll_s)
    not_yet = f"the route of {scope.service} in {scope.stage} is not in force yet"
    _wait(lambda: "" if ctx.router.in_force(route) else not_yet, ctx, until=until, poll_s=ctx.router.poll_s)
    for colour in COLOURS:
        if colour not in state.plan.versions:
            ctx.platform.remove(scope, colour, revision=state.revision)
    return [f"{scope.service} {colour} was not waited for: {reason}" for colour, reason in broken.items()]


def objects(files: Mapping[str, bytes | None], colour: str, *, scope: Scope) -> Sequence[Manifest]:
    """The committed objects of a colour."""
    path = manifests.path(scope, colour)
    return manifests.parse(files[path] or b"", file=path)


def _apply(state: DesiredState, files: Mapping[str, bytes | None], scope: Scope, ctx: Context) -> dict[str, str]:
    """Apply all colours, those that are waited for first; colour to what is wrong with one of the others."""
    broken: dict[str, str] = {}
    for colour in sorted(state.plan.versions, key=lambda colour: (colour not in state.awaited, colour)):
        try:
            found = objects(files, colour, scope=scope)
            ctx.platform.apply(scope, colour, manifests=found, revision=state.revision)
        except Refused as refused:
            if colour in state.awaited or isinstance(refused, Late):
                raise
            broken[colour] = str(refused)
    return broken


def _awaited(state: DesiredState, scope: Scope, ctx: Context, *, until: datetime) -> dict[str, Endpoint]:
    """The addresses of those that gain traffic, as soon as all are ready. Raises NotYet, Refused."""
    ready: dict[str, Endpoint] = {}

    def look() -> str:
        for colour in state.awaited:
            endpoint, reason = _asked(scope, colour, ctx)
            if endpoint is None:
                return f"{scope.service} {colour} in {scope.stage} is not ready yet{reason and f': {reason}'}"
            ready[colour] = endpoint
        return ""

    _wait(look, ctx, until=until, poll_s=ctx.platform.poll_s)
    return ready


def _as_it_is(scope: Scope, colour: str, ctx: Context) -> tuple[Endpoint | None, str]:
    """Its address if it is ready now, or why it has none."""
    try:
        endpoint, reason = _asked(scope, colour, ctx)
    except Refused as refused:
        return None, str(refused)
    return endpoint, reason or "it is not ready"


def missing(scope: Scope, colour: str, ctx: Context) -> str:
    """Why not all of a colour's replicas are there; empty if they are."""
    endpoint, reason = _as_it_is(scope, colour, ctx)
    return "" if endpoint else reason


def _set(route: Route, ctx: Context) -> str:
    ctx.router.apply(route)
    return ""


def _asked(scope: Scope, colour: str, ctx: Context) -> tuple[Endpoint | None, str]:
    """Its address, or what it waits for as far as that is known. Raises Refused."""
    try:
        return ctx.platform.endpoint(scope, colour), ""
    except NotYet as waiting:
        return None, str(waiting)


def _wait(look: Callable[[], str], ctx: Context, *, until: datetime, poll_s: float) -> None:
    """Until `look` says nothing any more. Raises NotYet with what it says, or with the reason that it raised last."""
    while waiting := _said(look):
        if ctx.clock.now() >= until:
            raise NotYet(waiting, after_s=LOOK_AGAIN_S)
        ctx.clock.sleep(poll_s)


def _said(look: Callable[[], str]) -> str:
    try:
        return look()
    except NotYet as reason:
        return str(reason)
