"""What every strategy promises, for any history of a service."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.deployment.strategy import (
    KEPT_VERSIONS,
    Plan,
    Strategy,
    Version,
    deploy,
    gaining,
    go_back,
    release,
    rollback,
    strategy_named,
    traffic,
    was_live,
)
from keptn.errors import Refused
from keptn.ports import Pin

OLD, NEW = (Version(image=f"carts:{tag}", digest=f"sha256:{tag}") for tag in ("0.1", "0.2"))
LIVE = Plan(strategy=Strategy.DARK, versions={"blue": OLD}, live="blue", weights={"blue": 100})

versions = st.integers(0, 6).map(lambda n: Version(image=f"carts:0.{n}", digest=f"sha256:{n}"))
moves = st.lists(
    st.one_of(
        st.tuples(st.just("deploy"), st.sampled_from(Strategy), versions, st.integers(0, 100)),
        st.sampled_from([("release",), ("rollback",), ("go_back",)]),
    ),
    max_size=12,
)


def after(history: list[tuple], plan: Plan = Plan()) -> Plan:  # noqa: B008 - a frozen value
    for name, *more in history:
        if name == "deploy":
            plan = deploy(plan, strategy=more[0], version=more[1], trial_weight_percent=more[2])
        else:
            plan = {"release": release, "rollback": rollback, "go_back": go_back}[name](plan)
    return plan


plans = moves.map(after)


@given(plans)
def test_weights_sum_to_100_over_colours_with_workloads(plan: Plan) -> None:
    """All traffic goes to workloads that shall run; without a live version and a trial there is none."""
    assert sum(plan.weights.values()) == 100 or (plan.weights == {} and not plan.live)
    assert {*plan.weights, plan.live, plan.candidate, plan.mirror} - {""} <= set(plan.versions)
    assert all(percent > 0 for percent in plan.weights.values())


@given(plans)
def test_a_candidate_is_never_the_live_colour(plan: Plan) -> None:
    """A candidate stands beside what is live."""
    assert not plan.candidate or plan.candidate != plan.live


@given(plans, versions, st.integers(0, 100), st.sampled_from([s for s in Strategy if s is not Strategy.DIRECT]))
def test_deploying_beside_live_leaves_live_as_it_is(plan: Plan, version: Version, trial: int, how: Strategy) -> None:
    """The live version runs on unchanged and loses to a candidate only what its strategy says."""
    planned = deploy(plan, strategy=how, version=version, trial_weight_percent=trial)
    assert (planned.live, planned.live_version) == (plan.live, plan.live_version)
    if plan.live:
        share = trial if how is Strategy.BLUE_GREEN else 0
        assert planned.weights.get(plan.live, 0) == 100 - share


@given(plans, versions, st.integers(0, 100), st.sampled_from([s for s in Strategy if s is not Strategy.DIRECT]))
def test_rollback_restores_live_exactly(plan: Plan, version: Version, trial: int, how: Strategy) -> None:
    """After a rollback the live version has all traffic, and nothing of the candidate is left."""
    restored = rollback(deploy(plan, strategy=how, version=version, trial_weight_percent=trial))
    live = {plan.live: plan.versions[plan.live]} if plan.live else {}
    assert (restored.versions, restored.weights) == (live, dict.fromkeys(live, 100))
    assert (restored.candidate, restored.mirror, restored.previous) == ("", "", plan.previous)


@given(plans, versions, st.sampled_from(Strategy), st.integers(0, 100))
def test_planning_twice_is_planning_once(plan: Plan, version: Version, how: Strategy, trial: int) -> None:
    """Each move, done again, changes nothing more."""
    deployed = deploy(plan, strategy=how, version=version, trial_weight_percent=trial)
    assert deploy(deployed, strategy=how, version=version, trial_weight_percent=trial) == deployed
    assert release(release(deployed)) == release(deployed)
    assert rollback(rollback(deployed)) == rollback(deployed)


@given(plans, versions, st.sampled_from(Strategy))
def test_going_back_after_a_release_restores_the_version_before(plan: Plan, version: Version, how: Strategy) -> None:
    """Back is back to what users had, and to no version twice in a row."""
    released = release(deploy(rollback(plan), strategy=how, version=version))
    if plan.live_version and plan.live_version.digest != version.digest:
        back = go_back(released)
        assert back.live_version == plan.live_version
        assert back.previous == plan.previous[: KEPT_VERSIONS - 1]


@given(plans, versions, st.sampled_from(Strategy), st.integers(0, 100))
def test_who_is_waited_for(plan: Plan, version: Version, how: Strategy, trial: int) -> None:
    """Whoever gets users and had none, never a live version that stays live, nobody when a candidate goes."""
    deployed = deploy(plan, strategy=how, version=version, trial_weight_percent=trial)
    for before, after in ((plan, deployed), (deployed, release(deployed)), (deployed, go_back(deployed))):
        new = {colour for colour in after.weights if not before.weights.get(colour)}
        stays = {before.live} if before.live == after.live else set()
        assert new - stays <= gaining(before, after) <= set(after.weights) - stays
    assert gaining(deployed, rollback(deployed)) == set()


@given(plans, versions, st.integers(1, 100))
def test_a_step_gives_the_candidate_its_share_and_nothing_else(plan: Plan, version: Version, percent: int) -> None:
    """The live version has the rest; where none is live the candidate has all. A rollback gives back everything."""
    before = deploy(plan, strategy=Strategy.CANARY, version=version, pin=Pin(header="x", value="y"))
    after = traffic(before, weight_percent=percent)
    share = percent if plan.live else 100
    assert after.weights.get(after.candidate) == share
    assert sum(after.weights.values()) == 100
    assert replace(after, weights={}, mirror="") == replace(before, weights={}, mirror="")
    assert rollback(after) == rollback(before)
    assert release(after) == release(before)


@pytest.mark.parametrize(
    ("among", "known"), [(1, ["0.2", "0.3"]), (2, ["0.1", "0.2", "0.3"]), (5, ["0.1", "0.2", "0.3"])]
)
def test_what_was_live_needs_no_steps(among: int, known: list[str]) -> None:
    """The live version itself, and so many before it."""
    versions = {tag: replace(NEW, image=f"carts:{tag}", digest=f"sha256:{tag}") for tag in ("0.1", "0.2", "0.3", "0.4")}
    plan = Plan()
    for tag in ("0.1", "0.2", "0.3"):
        plan = release(deploy(plan, strategy=Strategy.CANARY, version=versions[tag]))
    assert [tag for tag, version in versions.items() if was_live(plan, version, among=among)] == known


@pytest.mark.parametrize(
    ("how", "weights", "mirror"),
    [
        ("dark", {"blue": 100}, ""),
        ("shadow", {"blue": 100}, "green"),
        ("blue_green", {"blue": 90, "green": 10}, ""),
        ("canary", {"blue": 100}, ""),
    ],
)
def test_a_candidate_is_exposed_as_its_strategy_says(how: str, weights: dict[str, int], mirror: str) -> None:
    """Dark and, before its first step, canary: to nobody; shadow: to a copy; blue_green: to a tenth, unless said."""
    planned = deploy(LIVE, strategy=Strategy(how), version=NEW)
    assert (planned.weights, planned.mirror, planned.candidate) == (weights, mirror, "green")


def test_direct_replaces_the_live_version_at_once() -> None:
    """Direct has no trial; the old version is remembered."""
    planned = deploy(LIVE, strategy=Strategy.DIRECT, version=NEW)
    assert (planned.versions, planned.weights, planned.previous) == ({"green": NEW}, {"green": 100}, (OLD,))


def test_only_blue_green_keeps_the_old_colour_warm() -> None:
    """The switch back is then one route change."""
    warm = {how: set(release(deploy(LIVE, strategy=how, version=NEW)).versions) for how in Strategy}
    assert {how for how, colours in warm.items() if colours == {"blue", "green"}} == {Strategy.BLUE_GREEN}


@pytest.mark.parametrize(
    ("how", "weights"), [("dark", {}), ("shadow", {}), ("canary", {}), ("blue_green", {"blue": 100})]
)
def test_a_first_version_stands_alone(how: str, weights: dict[str, int]) -> None:
    """Nothing to compare with or mirror from: tests reach it by itself, a trial reaches everybody."""
    planned = deploy(Plan(), strategy=Strategy(how), version=NEW)
    assert (planned.live, planned.weights, planned.mirror) == ("", weights, "")


def test_the_same_digest_again_does_not_hide_the_version_before() -> None:
    """After a second push of what is live, back is still back to the other version."""
    released = release(deploy(LIVE, strategy=Strategy.BLUE_GREEN, version=NEW))
    again = release(deploy(released, strategy=Strategy.BLUE_GREEN, version=replace(NEW, image="carts:0.2b")))
    assert go_back(again).live_version == OLD


@pytest.mark.parametrize("name", ["blue_green", "blue_green_service", "bluegreen", "Blue_Green"])
def test_spellings_of_the_talk_and_of_the_product(name: str) -> None:
    """Both are read."""
    assert strategy_named(name) is Strategy.BLUE_GREEN


def test_an_unknown_strategy_lists_the_known_ones() -> None:
    """One sentence says what to write instead."""
    with pytest.raises(Refused, match="'purple'; use one of direct, dark, shadow, blue_green, canary"):
        strategy_named("purple")
