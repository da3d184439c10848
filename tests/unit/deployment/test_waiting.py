"""What a step waits for, and what it never waits for: versions, routes, and no longer than it may."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from keptn.context import Context
from keptn.errors import NotYet
from tests.unit.deployment.stage import (
    DEPLOY,
    RELEASE,
    ROLLBACK,
    carry_out,
    delivered,
    image,
    run,
    running,
    state,
    task,
    weights,
)
from tests.world import digest_of


def test_a_slow_workload_is_waited_for_then_asked_again(ctx: Context) -> None:
    """The route moves only when the candidate is ready."""
    delivered(ctx, 1, "0.1")
    image = "127.0.0.1:5000/sockshop/carts:0.2"
    ctx.platform.slow.add(image)
    with pytest.raises(NotYet, match="carts green in prod is not ready yet"):
        run(ctx, DEPLOY, 2, tag="0.2")
    assert weights(ctx) == {"blue": 100}
    ctx.platform.slow.clear()
    run(ctx, DEPLOY, 2, tag="0.2")
    assert weights(ctx) == {"blue": 90, "green": 10}


def test_what_a_workload_waits_for_is_told(ctx: Context) -> None:
    """As far as the platform knows it."""
    ctx.platform.waiting[image("0.1")] = "pod carts-blue-1 has no node: Insufficient cpu"
    with pytest.raises(NotYet, match="carts blue in prod is not ready yet: pod carts-blue-1 has no node: Insufficient"):
        run(ctx, DEPLOY, 1, tag="0.1")


@pytest.mark.parametrize("state_of_live", ["slow", "broken", "refused"])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("direct", {"green": 100}),
        ("dark", {"blue": 100}),
        ("shadow", {"blue": 100}),
        ("blue_green", {"blue": 90, "green": 10}),
        ("canary", {"blue": 100}),
    ],
)
def test_a_broken_live_version_does_not_block_its_repair(
    ctx: Context, how: str, expected: dict[str, int], state_of_live: str
) -> None:
    """Each strategy deploys and releases the fix without waiting for what is broken, and says that it is."""
    delivered(ctx, 1, "0.1")
    getattr(ctx.platform, state_of_live).add(image("0.1"))
    deployed = run(ctx, DEPLOY, 2, tag="0.2", how=how)
    assert weights(ctx) == expected
    if how != "direct":
        assert "carts blue was not waited for: " in deployed.message
        assert deployed.data["deployment"]["warnings"] == [deployed.message.partition("; ")[2]]
    released = run(ctx, RELEASE, 2, tag="0.2", how=how)
    assert (weights(ctx), released.live["digest"]) == ({"green": 100}, digest_of("0.2"))
    assert ("was not waited for" in released.message) is (how == "blue_green")  # the old colour is kept warm


@pytest.mark.parametrize("how", ["dark", "shadow", "blue_green", "canary"])
def test_a_rollback_waits_for_nothing_that_keeps_its_traffic(ctx: Context, how: str) -> None:
    """Neither the live version nor the candidate is asked for readiness; the candidate goes at once."""
    delivered(ctx, 1, "0.1")
    run(ctx, DEPLOY, 2, tag="0.2", how=how)
    ctx.platform.slow |= {image("0.1"), image("0.2")}
    begin = ctx.clock.now()
    rolled = carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
    assert (weights(ctx), running(ctx), ctx.clock.now()) == ({"blue": 100}, {"blue": digest_of("0.1")}, begin)
    assert rolled.data["rollback"]["warnings"] == ["carts blue was not waited for: it is not ready"]


def test_a_candidate_in_the_way_goes_though_live_is_broken(ctx: Context) -> None:
    """The step before the deployment waits for nobody, the deployment for its own version only."""
    delivered(ctx, 1, "0.1")
    run(ctx, DEPLOY, 2, tag="0.2")
    ctx.platform.slow |= {image("0.1"), image("0.2")}
    run(ctx, DEPLOY, 3, tag="0.3")
    assert (weights(ctx), running(ctx)["green"]) == ({"blue": 90, "green": 10}, digest_of("0.3"))


def test_what_is_gone_back_to_is_waited_for(ctx: Context) -> None:
    """It had no traffic: users stay with the bad version until the one before is up."""
    delivered(ctx, 1, "0.1", how="dark")
    delivered(ctx, 2, "0.2", how="dark")
    ctx.platform.slow |= {image("0.1"), image("0.2")}
    with pytest.raises(NotYet, match="carts blue in prod is not ready yet"):
        run(ctx, ROLLBACK, 3, rollback={"to": "previous"})
    assert weights(ctx) == {"green": 100}
    ctx.platform.slow.remove(image("0.1"))
    run(ctx, ROLLBACK, 3, rollback={"to": "previous"})
    assert (weights(ctx), running(ctx)) == ({"blue": 100}, {"blue": digest_of("0.1")})


def test_a_repeat_waits_for_the_same_versions(ctx: Context) -> None:
    """What has to be ready stands in the desired state: a run that starts again after a crash knows it, too."""
    delivered(ctx, 1, "0.1")
    ctx.platform.slow |= {image("0.1"), image("0.2")}
    for _ in range(2):
        with pytest.raises(NotYet, match="carts green in prod"):
            run(ctx, DEPLOY, 2, tag="0.2")
    assert state(ctx).awaited == ("green",)
    ctx.platform.slow.remove(image("0.2"))
    run(ctx, DEPLOY, 2, tag="0.2")
    assert weights(ctx) == {"blue": 90, "green": 10}


def test_a_direct_deployment_of_what_runs_already_waits_for_it(ctx: Context) -> None:
    """Nothing gains traffic, yet it is what was asked for."""
    delivered(ctx, 1, "0.1", how="direct")
    ctx.platform.slow.add(image("0.1"))
    with pytest.raises(NotYet, match="carts blue in prod"):
        run(ctx, DEPLOY, 2, tag="0.1", how="direct")


def test_the_old_colour_stays_until_the_route_is_in_force(ctx: Context) -> None:
    """A router that takes a while is asked, then asked again by a timer, like a rollout."""
    delivered(ctx, 1, "0.1", how="dark")
    run(ctx, DEPLOY, 2, tag="0.2", how="dark")
    ctx.router.slow_routes = 1000
    with pytest.raises(NotYet, match="the route of carts in prod is not in force yet"):
        run(ctx, RELEASE, 2, tag="0.2")
    assert (weights(ctx), running(ctx)["blue"]) == ({"green": 100}, digest_of("0.1"))
    ctx.router.slow_routes = 0
    run(ctx, RELEASE, 2, tag="0.2")
    assert running(ctx) == {"green": digest_of("0.2")}


def test_a_request_waits_no_longer_than_it_may(ctx: Context) -> None:
    """For workloads and route together, however often it asks."""
    begin = ctx.clock.now()
    ctx.router.slow_routes = 10**6
    with pytest.raises(NotYet) as waiting:
        run(ctx, DEPLOY, 1)
    took_s = (ctx.clock.now() - begin).total_seconds()
    assert (waiting.value.after_s, took_s) == (2, pytest.approx(ctx.settings.wait_s, abs=0.1))


class Counted:
    """A config repo that counts what is asked."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.asked = inner, list[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self.inner, name)


def test_git_is_read_once_a_request(ctx: Context) -> None:
    """One tree; a commit per step; the log only for the answer of a repeat, not while one waits."""
    delivered(ctx, 1, "0.1")
    repo = Counted(ctx.config_repo)
    counting = Context(
        ctx.settings, config_repo=repo, platform=ctx.platform, router=ctx.router, store=ctx.store, clock=ctx.clock
    )
    ctx.platform.slow.add(image("0.2"))
    for expected in (["tree", "commit"], ["tree"]):
        repo.asked.clear()
        with suppress(NotYet):
            run(counting, DEPLOY, 2, tag="0.2")
        assert repo.asked == expected
    ctx.platform.slow.clear()
    repo.asked.clear()
    run(counting, DEPLOY, 2, tag="0.2")
    assert repo.asked == ["tree", "log"]


@pytest.mark.parametrize("call", ["apply", "in_force"])
def test_why_a_route_is_not_in_force_is_said(ctx: Context, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """In the router's own words, where it has some."""

    def wait(_self: object, _route: object) -> bool:
        raise NotYet("Gateway infra/public does not know the route", after_s=1)

    monkeypatch.setattr(type(ctx.router), call, wait)
    with pytest.raises(NotYet, match=r"^Gateway infra/public does not know the route$"):
        delivered(ctx, 1, "0.1")
