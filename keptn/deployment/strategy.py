"""Deployment strategies: from what a service has in a stage to what it shall have.

A service has two colours, blue and green. One may be live; the other may hold a candidate, or the version before, kept
warm. Every strategy is: candidate up, exposed somehow, then `release` or `rollback`. Pure: `step.py` does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from keptn.deployment.workload import Workload
from keptn.errors import Refused
from keptn.ports import NO_PIN, Pin

COLOURS = ("blue", "green")
KEPT_VERSIONS = 5
"""How many earlier live versions are remembered, to go back to."""


class Strategy(StrEnum):
    """How a candidate is exposed before it is released."""

    DIRECT = "direct"
    DARK = "dark"
    SHADOW = "shadow"
    BLUE_GREEN = "blue_green"
    CANARY = "canary"


class Phase(StrEnum):
    """What a task does to a service in a stage, in the order in which one execution may do them."""

    DEPLOY = "deploy"
    TRAFFIC = "traffic"
    RELEASE = "release"
    ROLLBACK = "rollback"


_SPELLINGS = {
    "bluegreen": "blue_green",
    "blue_green_service": "blue_green",
    "blue-green": "blue_green",
    "user_managed": "direct",  # keptn rolled out a chart as it was: the new version in the old one's place
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What one colour runs. workload: as of its deployment; a later values file changes only later ones."""

    image: str
    digest: str
    workload: Workload = field(default_factory=Workload)

    def runs_as(self, other: Version | None) -> bool:
        """Whether nobody could tell one from the other, whatever tags they came with."""
        return other is not None and (self.digest, self.workload) == (other.digest, other.workload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a service shall have in a stage.

    versions: colour to version, of every workload that shall run. weights: colour to percent of user requests; their
    sum is 100, or there are none: then no version is live and users are told so. previous: earlier live versions,
    newest first. pin: of the candidate's deployment.
    """

    strategy: Strategy = Strategy.DIRECT
    versions: Mapping[str, Version] = field(default_factory=dict)
    live: str = ""
    candidate: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)
    mirror: str = ""
    pin: Pin = NO_PIN
    previous: tuple[Version, ...] = ()

    @property
    def live_version(self) -> Version | None:
        return self.versions.get(self.live)

    @property
    def candidate_version(self) -> Version | None:
        return self.versions.get(self.candidate)


def strategy_named(name: str) -> Strategy:
    """The strategy of that name, in the spellings of the talk and of the product. Raises Refused."""
    spelled = name.strip().lower()
    try:
        return Strategy(_SPELLINGS.get(spelled, spelled))
    except ValueError:
        known = ", ".join(Strategy)
        raise Refused(f"there is no deployment strategy {name!r}; use one of {known}") from None


def deploy(
    plan: Plan, *, strategy: Strategy, version: Version, trial_weight_percent: int = 10, pin: Pin = NO_PIN
) -> Plan:
    """Put the version beside what is live, exposed as the strategy says; a canary to the pinned requests alone."""
    if strategy is Strategy.DIRECT:
        return _replace_live(plan, version)
    colour = other(plan.live)
    live = {plan.live: plan.versions[plan.live]} if plan.live else {}
    return replace(
        plan,
        strategy=strategy,
        versions={**live, colour: version},
        candidate=colour,
        weights=_weights(plan.live, colour, strategy=strategy, trial=trial_weight_percent),
        mirror=colour if strategy is Strategy.SHADOW and plan.live else "",
        pin=pin,
    )


def traffic(plan: Plan, *, weight_percent: int) -> Plan:
    """Give the candidate so much of the users' requests; all of them where it stands alone."""
    live = 100 - weight_percent if plan.live else 0
    shares = {plan.live: live, plan.candidate: 100 - live}
    return replace(plan, weights={colour: percent for colour, percent in shares.items() if percent}, mirror="")


def was_live(plan: Plan, version: Version, *, among: int) -> bool:
    """Whether the version is live, or one of the last `among` that were: it needs no steps."""
    known = [plan.live_version, *plan.previous[:among]]
    return version.digest in {one.digest for one in known if one}


def release(plan: Plan) -> Plan:
    """Give the candidate all traffic. blue_green keeps the old colour warm. Nothing to do without a candidate."""
    new, old = plan.candidate_version, plan.live_version
    if new is None:
        return plan
    replaced = old is not None and not old.runs_as(new)
    warm = {plan.live: old} if old and replaced and plan.strategy is Strategy.BLUE_GREEN else {}
    return replace(
        plan,
        versions={plan.candidate: new, **warm},
        live=plan.candidate,
        candidate="",
        weights={plan.candidate: 100},
        mirror="",
        pin=NO_PIN,
        previous=_remembered(plan) if replaced else plan.previous,
    )


def rollback(plan: Plan) -> Plan:
    """Take the candidate away; what is live stays as it is. Nothing to do without a candidate."""
    if not plan.candidate:
        return plan
    live = plan.live_version
    return replace(
        plan,
        versions={plan.live: live} if live else {},
        candidate="",
        weights={plan.live: 100} if live else {},
        mirror="",
        pin=NO_PIN,
    )


def go_back(plan: Plan) -> Plan:
    """Make the version before the live one live again; with none before, nothing is live."""
    plan = rollback(plan)
    if not plan.previous:
        return replace(plan, versions={}, live="", weights={})
    colour = other(plan.live)
    return replace(
        plan,
        versions={colour: plan.previous[0]},
        live=colour,
        weights={colour: 100},
        previous=plan.previous[1:],
    )


def gaining(before: Plan, after: Plan) -> set[str]:
    """Colours that get more of the users than before. A live one that stays live only gets back what was its own."""
    stays = before.live if before.live == after.live else ""
    grown = {colour for colour, percent in after.weights.items() if percent > before.weights.get(colour, 0)}
    return grown - {stays}


def other(colour: str) -> str:
    """The colour that a candidate gets beside this one."""
    return COLOURS[1] if colour == COLOURS[0] else COLOURS[0]


def _replace_live(plan: Plan, version: Version) -> Plan:
    """direct: the new version takes all traffic once it is ready (`step.py` waits for that)."""
    if plan.live_version == version:
        return replace(rollback(plan), strategy=Strategy.DIRECT)
    colour = other(plan.live)
    return Plan(
        strategy=Strategy.DIRECT,
        versions={colour: version},
        live=colour,
        weights={colour: 100},
        previous=_remembered(plan) if plan.live else plan.previous,
    )


def _weights(live: str, candidate: str, *, strategy: Strategy, trial: int) -> dict[str, int]:
    on_trial = strategy is Strategy.BLUE_GREEN
    if not live:  # nothing to protect: users of a service that had no version yet see the trial, as they would later
        return {candidate: 100} if on_trial else {}
    shares = {live: 100 - trial, candidate: trial} if on_trial else {live: 100}
    return {colour: percent for colour, percent in shares.items() if percent}


def _remembered(plan: Plan) -> tuple[Version, ...]:
    return (plan.versions[plan.live], *plan.previous)[:KEPT_VERSIONS]
