"""Which task may change a desired state, and to what: the fence, repeats, the phases. Pure; `step.py` asks.

A task of a lower epoch, or of an earlier phase of the same epoch, is refused: a late duplicate of yesterday's
deployment must not bring yesterday's version back.
"""

from __future__ import annotations

from dataclasses import dataclass

from keptn.deployment import strategy
from keptn.deployment.state import DesiredState, followed_by
from keptn.deployment.strategy import Phase, Plan, Strategy, Version
from keptn.errors import Late, Refused
from keptn.events import Scope
from keptn.ports import NO_PIN, Pin

_ORDER = {phase: number for number, phase in enumerate(Phase)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a task asks for. task: id of its event. context: of its delivery. version: of a deployment.

    to_previous: a rollback by a person or a runbook, back to the version before the live one; without it a rollback
    undoes what its own delivery did, and nothing else. weight_percent: of a traffic task. pin, fast_rollback: of a
    deployment; the latter says how many earlier live versions need no steps.
    """

    scope: Scope
    task: str
    context: str
    epoch: int
    phase: Phase
    strategy: Strategy = Strategy.DIRECT
    version: Version | None = None
    trial_weight_percent: int = 10
    weight_percent: int = 0
    pin: Pin = NO_PIN
    fast_rollback: int = 0
    to_previous: bool = False


def next_state(state: DesiredState, request: Request) -> DesiredState:
    """The state after the request, or a step on the way to it: then the request's task is not yet in its `tasks`.

    A repeat of the task that wrote the state gives that very state. Raises Refused.
    """
    _check_order(state, request)
    if is_done(state, request):
        return state
    if _in_the_way(state.plan, request):
        return _step(state, strategy.rollback(state.plan), request, done=False)
    return _step(state, _planned(state, request), request, done=True)


def is_done(state: DesiredState, request: Request) -> bool:
    return state.epoch == request.epoch and state.tasks[-1:] == (request.task,)


def _check_order(state: DesiredState, request: Request) -> None:
    asked = f"the {request.phase} task {request.task} of epoch {request.epoch} is late for {request.scope}"
    if request.epoch < state.epoch:
        raise Late(f"{asked}: epoch {state.epoch} has taken over; nothing was changed")
    if request.epoch > state.epoch:
        return
    if _ORDER[request.phase] < _ORDER[state.phase]:
        raise Late(f"{asked}: its {state.phase} has been done; nothing was changed")
    if request.task in state.tasks[:-1]:
        raise Late(f"{asked}: task {state.tasks[-1]} came after it; nothing was changed")


def _in_the_way(plan: Plan, request: Request) -> bool:
    """Whether the candidate must first lose its traffic and go, because another version needs its colour."""
    if not plan.candidate:
        return False
    if request.phase is Phase.DEPLOY:
        return request.strategy is Strategy.DIRECT or plan.candidate_version != request.version
    return request.to_previous


def _step(state: DesiredState, plan: Plan, request: Request, *, done: bool) -> DesiredState:
    same_round = (state.epoch, state.phase) == (request.epoch, request.phase)
    tasks = state.tasks if same_round else ()
    deploying = request.phase is Phase.DEPLOY
    return followed_by(
        state,
        plan,
        epoch=request.epoch,
        phase=request.phase,
        tasks=(*tasks, request.task) if done else tasks,
        delivery=request.context if deploying and done else state.delivery,
        live_by=_live_by(state, plan, request),
        awaited=_awaited(state.plan, plan, deployed=deploying and done),
    )


def _awaited(before: Plan, plan: Plan, *, deployed: bool) -> tuple[str, ...]:
    """Those that must be ready before the route changes: what was deployed, and what gains traffic."""
    new = {plan.candidate or plan.live} - {""} if deployed else set()
    return tuple(sorted(new | strategy.gaining(before, plan)))


def _live_by(state: DesiredState, plan: Plan, request: Request) -> str:
    before, after = state.plan.live_version, plan.live_version
    if before == after or (before and before.runs_as(after)):
        return state.live_by
    return "" if request.phase is Phase.ROLLBACK else request.context  # what was rolled back to is nobody's to undo


def _planned(state: DesiredState, request: Request) -> Plan:
    if request.phase is Phase.DEPLOY:
        return _deployed(state.plan, request)
    if request.phase is Phase.TRAFFIC:
        return _shared(state, request)
    if request.phase is Phase.RELEASE:
        return _released(state, request)
    return _back_to_previous(state.plan, request) if request.to_previous else _undone(state, request)


def _deployed(plan: Plan, request: Request) -> Plan:
    if request.version is None:
        raise Refused(f"the deployment of {request.scope} names no image; send the artifact with it")
    return strategy.deploy(
        plan,
        strategy=request.strategy,
        version=request.version,
        trial_weight_percent=request.trial_weight_percent,
        pin=request.pin,
    )


def _shared(state: DesiredState, request: Request) -> Plan:
    if state.delivery != request.context or not state.plan.candidate:
        raise Refused(
            f"there is no candidate in {request.scope} to give {request.weight_percent} % of the traffic to: delivery "
            f"{request.context} deployed none that stands beside the live version"
        )
    return strategy.traffic(state.plan, weight_percent=request.weight_percent)


def _released(state: DesiredState, request: Request) -> Plan:
    if state.delivery != request.context:
        raise Refused(f"there is nothing to release in {request.scope}: delivery {request.context} deployed nothing")
    return strategy.release(state.plan)


def _undone(state: DesiredState, request: Request) -> Plan:
    """What this delivery did, undone: its candidate, or the live version if it made that live; else nothing."""
    if state.plan.candidate and state.delivery == request.context:
        return strategy.rollback(state.plan)
    if state.live_by and state.live_by == request.context:
        return strategy.go_back(state.plan)
    return state.plan


def _back_to_previous(plan: Plan, request: Request) -> Plan:
    if not plan.previous:
        raise Refused(f"there is no earlier version of {request.scope} to go back to; deploy a good one")
    return strategy.go_back(plan)
