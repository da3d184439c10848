"""One phase of a deployment: whole, repeated, late, and cut off between any two instructions."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any

import pytest

from keptn.context import Context
from keptn.deployment.strategy import Phase
from keptn.errors import Refused, Unknown
from keptn.ports import Pin
from tests.unit.deployment.stage import (
    DEPLOY,
    RELEASE,
    ROLLBACK,
    SCOPE,
    TRAFFIC,
    carry_out,
    delivered,
    run,
    running,
    state,
    task,
    weights,
    world,
)
from tests.world import digest_of


def test_the_story_of_three_versions(ctx: Context) -> None:
    """First version, switch with the old colour warm, back to it by a runbook."""
    first = run(ctx, DEPLOY, 1, tag="0.1").data["deployment"]
    assert (first["live"], first["candidate"]["digest"], weights(ctx)) == (None, digest_of("0.1"), {"blue": 100})
    assert run(ctx, RELEASE, 1).live["colour"] == "blue"
    second = run(ctx, DEPLOY, 2, tag="0.2").data["deployment"]
    assert (second["live"]["digest"], second["candidate"]["digest"]) == (digest_of("0.1"), digest_of("0.2"))
    assert weights(ctx) == {"blue": 90, "green": 10}
    released = run(ctx, RELEASE, 2, tag="0.2").data["release"]
    assert (released["live"]["digest"], released["previous"]["digest"]) == (digest_of("0.2"), digest_of("0.1"))
    assert (weights(ctx), running(ctx)) == ({"green": 100}, {"blue": digest_of("0.1"), "green": digest_of("0.2")})
    back = carry_out(task(ROLLBACK, 3), ctx, phase=ROLLBACK, to_previous=True)
    assert (back.live["digest"], weights(ctx), running(ctx)) == (
        digest_of("0.1"),
        {"blue": 100},
        {"blue": digest_of("0.1")},
    )


def test_a_failed_delivery_takes_its_candidate_away(ctx: Context) -> None:
    """The live version has all traffic again."""
    delivered(ctx, 1, "0.1")
    run(ctx, DEPLOY, 2, tag="0.2", how="shadow")
    assert ctx.router.routes[SCOPE].mirror == "green"
    outcome = carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
    assert (outcome.live["digest"], running(ctx)) == (digest_of("0.1"), {"blue": digest_of("0.1")})
    assert ctx.router.routes[SCOPE].mirror == ""


def test_a_delivery_that_deployed_nothing_rolls_nothing_back(ctx: Context) -> None:
    """What another delivery made live stays; yet the lost deployment, if it comes late, is refused."""
    delivered(ctx, 1, "0.1")
    delivered(ctx, 2, "0.2")
    outcome = carry_out(replace(task(ROLLBACK, 4), context="delivery-3"), ctx, phase=ROLLBACK)
    assert (outcome.live["digest"], outcome.message) == (digest_of("0.2"), "keep carts 0.2 in prod")
    with pytest.raises(Refused, match="epoch 4 has taken over"):
        run(ctx, DEPLOY, 3, tag="0.3")


def test_direct_rolls_back_to_the_image_before(ctx: Context) -> None:
    """Direct made it live at once, so its own rollback goes back."""
    delivered(ctx, 1, "0.1", how="direct")
    run(ctx, DEPLOY, 2, tag="0.2", how="direct")
    assert running(ctx) == {"green": digest_of("0.2")}
    rolled = carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
    assert (rolled.live["digest"], running(ctx)) == (digest_of("0.1"), {"blue": digest_of("0.1")})


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("how", ["direct", "dark", "shadow", "blue_green", "canary"])
def test_the_same_image_again_is_undone_to_what_ran_before(ctx: Context, how: str, changed: bool) -> None:
    """With other values, which were wrong, or with the same: its rollback never takes the service out."""
    delivered(ctx, 1, "0.1", how=how)
    before = state(ctx).plan.live_version
    values = b"service: carts\nimage: sockshop/carts\nenv: {DELAY: '5000'}\nhealth: /health\n"
    if changed:
        ctx.config_repo.commit("sockshop", "prod", lambda _: {"carts/values.yaml": values}, message="change")
    delivered(ctx, 2, "0.1", how=how)
    assert (state(ctx).plan.live_version != before) is changed
    carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
    assert (state(ctx).plan.live_version, sum(weights(ctx).values())) == (before, 100)


def test_back_starts_the_previous_version_if_it_is_not_warm(ctx: Context) -> None:
    """Two runbooks in a row go back two versions."""
    for epoch, tag in enumerate(("0.1", "0.2", "0.3"), start=1):
        delivered(ctx, epoch, tag)
    digests = [run(ctx, ROLLBACK, epoch, rollback={"to": "previous"}).live["digest"] for epoch in (4, 5)]
    assert digests == [digest_of("0.2"), digest_of("0.1")]
    with pytest.raises(Refused, match="no earlier version of sockshop/prod/carts"):
        run(ctx, ROLLBACK, 6, rollback={"to": "previous"})


def test_a_candidate_left_behind_loses_its_traffic_before_its_colour_is_used(ctx: Context) -> None:
    """Users never reach a colour whose workload is being replaced."""
    delivered(ctx, 1, "0.1")
    run(ctx, DEPLOY, 2, tag="0.2")
    run(ctx, DEPLOY, 3, tag="0.3")
    assert [dict(route.weights) for route in ctx.router.applied[-3:]] == [
        {"blue": 90, "green": 10},
        {"blue": 100},
        {"blue": 90, "green": 10},
    ]
    assert running(ctx)["green"] == digest_of("0.3")


def test_a_repeat_answers_the_same_without_a_commit(ctx: Context) -> None:
    """The same task again applies again and says the same."""
    first = run(ctx, DEPLOY, 1)
    ctx.config_repo.commit("sockshop", "prod", lambda _tree: {"carts/slo.yaml": b"x"}, message="add a resource")
    before = len(ctx.config_repo.log("sockshop", "prod"))
    assert run(ctx, DEPLOY, 1) == first
    assert len(ctx.config_repo.log("sockshop", "prod")) == before


@pytest.mark.parametrize(("phase", "epoch"), [(DEPLOY, 2), (DEPLOY, 1), (RELEASE, 1)])
def test_a_late_duplicate_is_refused(ctx: Context, phase: Phase, epoch: int) -> None:
    """A lower epoch, or an earlier phase of this one, changes nothing."""
    delivered(ctx, 1, "0.1")
    delivered(ctx, 2, "0.2")
    before = (state(ctx), weights(ctx), running(ctx))
    with pytest.raises(Refused, match="is late for sockshop/prod/carts"):
        run(ctx, phase, epoch, tag="0.1")
    assert (state(ctx), weights(ctx), running(ctx)) == before


def test_canary_steps_share_an_epoch(ctx: Context) -> None:
    """Each weight is a task and a commit of one phase; a step or a deployment that comes late is refused."""
    delivered(ctx, 1, "0.1")
    run(ctx, DEPLOY, 2, tag="0.2", how="canary")
    assert weights(ctx) == {"blue": 100}
    for percent in (10, 50):
        done = run(ctx, TRAFFIC, 2, id=f"step-{percent}", traffic={"weight_percent": percent})
        assert weights(ctx) == {"blue": 100 - percent, "green": percent}
        assert done.message == f"give carts 0.2 {percent} % of prod"
        told = done.data["traffic"]
        assert (told["weight_percent"], told["candidate"]["colour"], told["live"]["colour"]) == (
            percent,
            "green",
            "blue",
        )
    assert run(ctx, TRAFFIC, 2, id="step-50", traffic={"weight_percent": 50}).git_commit == done.git_commit
    with pytest.raises(Refused, match="task step-50 came after it"):
        run(ctx, TRAFFIC, 2, id="step-10", traffic={"weight_percent": 10})
    with pytest.raises(Refused, match="its traffic has been done"):
        run(ctx, DEPLOY, 2, tag="0.2", how="canary")
    assert run(ctx, RELEASE, 2).live["digest"] == digest_of("0.2")
    with pytest.raises(Refused, match="its release has been done"):
        run(ctx, TRAFFIC, 2, id="step-60", traffic={"weight_percent": 60})


def test_a_first_version_gets_all_with_its_first_step(ctx: Context) -> None:
    """And it is said that there was nothing to compare it with."""
    run(ctx, DEPLOY, 1, how="canary")
    done = run(ctx, TRAFFIC, 1, traffic={"weight_percent": 5})
    assert (weights(ctx), done.data["traffic"]["weight_percent"]) == ({"blue": 100}, 100)
    assert "nothing to compare it with" in done.message


def test_a_step_needs_a_candidate_of_its_own_delivery(ctx: Context) -> None:
    """Nobody gives traffic to what is not there, or to another delivery's candidate."""
    delivered(ctx, 1, "0.1")
    with pytest.raises(Refused, match="no candidate in sockshop/prod/carts to give 5 % of the traffic to"):
        run(ctx, TRAFFIC, 2, traffic={"weight_percent": 5})


@pytest.mark.parametrize("bad", [None, 101, "5", True])
def test_a_weight_that_is_none_is_refused(ctx: Context, bad: object) -> None:
    """The engine passes on what a shipyard of the product's form says."""
    run(ctx, DEPLOY, 1, how="canary")
    with pytest.raises(Refused, match=r"weight_percent .* is no whole number"):
        run(ctx, TRAFFIC, 1, traffic={"weight_percent": bad})


def test_a_version_that_was_live_says_that_it_needs_no_steps(ctx: Context) -> None:
    """`fast_rollback` of the stage; without it every version takes them."""
    for epoch, tag in enumerate(("0.1", "0.2"), start=1):
        delivered(ctx, epoch, tag)
    fast = {"deploymentstrategy": "canary", "fast_rollback": 1}
    told = run(ctx, DEPLOY, 3, tag="0.1", deployment=fast)
    assert "carts:0.1 was live in prod before" in told.data["deployment"]["promoted"]
    assert "released without steps" in told.message
    assert run(ctx, DEPLOY, 4, tag="0.3", deployment=fast).data["deployment"]["promoted"] == ""
    assert run(ctx, DEPLOY, 5, tag="0.1", how="canary").data["deployment"]["promoted"] == ""


def test_a_pin_goes_with_the_candidate(ctx: Context) -> None:
    """It is in the route from the deployment to the release."""
    delivered(ctx, 1, "0.1")
    pin = {"header": "x-candidate", "value": "yes"}
    run(ctx, DEPLOY, 2, tag="0.2", deployment={"deploymentstrategy": "canary", "pin": pin})
    assert (ctx.router.routes[SCOPE].pin, ctx.router.routes[SCOPE].candidate) == (Pin(**pin), "green")
    run(ctx, RELEASE, 2)
    assert (ctx.router.routes[SCOPE].pin, ctx.router.routes[SCOPE].candidate) == (Pin(), "")


def test_a_pin_that_the_router_cannot_do_is_refused(ctx: Context) -> None:
    """Instead of a stickiness that nobody gets."""
    ctx.router.pins = frozenset({"header"})
    with pytest.raises(Refused, match="cannot pin requests by cookie, only by header"):
        run(ctx, DEPLOY, 1, deployment={"deploymentstrategy": "canary", "pin": {"cookie": "version"}})


def test_release_needs_its_own_deployment(ctx: Context) -> None:
    """Nobody releases another delivery's candidate."""
    run(ctx, DEPLOY, 1)
    with pytest.raises(Refused, match="nothing to release in sockshop/prod/carts"):
        run(ctx, RELEASE, 2)


def test_a_workload_that_exits_never_gets_traffic(ctx: Context) -> None:
    """The deployment is refused with the reason; users stay where they are."""
    delivered(ctx, 1, "0.1")
    ctx.platform.broken.add("127.0.0.1:5000/sockshop/carts:0.2")
    with pytest.raises(Refused, match="exited before it was ready"):
        run(ctx, DEPLOY, 2, tag="0.2")
    assert weights(ctx) == {"blue": 100}


def test_a_service_nobody_onboarded(ctx: Context) -> None:
    """The sentence says how to onboard it."""
    with pytest.raises(Unknown, match="service 'cart' is not in stage prod of project sockshop; onboard it"):
        carry_out(task(DEPLOY, 1, service="cart"), ctx, phase=DEPLOY)


@pytest.mark.parametrize("bad", [-1, 101, "10", True, 2.5])
def test_a_trial_weight_out_of_range(ctx: Context, bad: object) -> None:
    """It is named with what is expected."""
    with pytest.raises(Refused, match="trial_weight_percent"):
        run(ctx, DEPLOY, 1, deployment={"deploymentstrategy": "canary", "trial_weight_percent": bad})


@pytest.mark.parametrize("bad", ["../../../x", "sha256:0.1", "sha256:" + "A" * 64, "md5:" + "0" * 64])
def test_a_digest_that_is_none(ctx: Context, bad: str) -> None:
    """A digest becomes a folder's name and part of a manifest: nothing else gets that far."""
    with pytest.raises(Refused, match="is no digest; it must be sha256: and 64 hexadecimal digits"):
        run(ctx, DEPLOY, 1, artifact={"image": "carts:0.1", "digest": bad})
    assert state(ctx).revision == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("service: carts\nimage: carts\nreplicas: many\n", r"carts/values.yaml:3: .*replicas"),
        ("service: carts\nimage: carts\nenv: [A]\n", r"carts/values.yaml:3: .*env"),
        ("- carts\n", r"carts/values.yaml:1: a values file must be a mapping"),
    ],
)
def test_a_values_file_that_somebody_broke(ctx: Context, text: str, reason: str) -> None:
    """The sentence says the line; nothing is deployed."""
    change = {"carts/values.yaml": text.encode()}
    ctx.config_repo.commit("sockshop", "prod", lambda _tree: change, message="break it")
    with pytest.raises(Refused, match=reason):
        run(ctx, DEPLOY, 1)
    assert running(ctx) == {}


class Died(BaseException):
    """The process was killed."""


@dataclass
class Mortal:
    """Any adapter, in a process that dies after a number of calls: before the call, or right after it."""

    inner: Any
    lives: Iterator[bool]
    after: bool

    def __getattr__(self, name: str) -> Any:
        target = getattr(self.inner, name)
        return self._counted(target) if callable(target) else target

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            dies = not next(self.lives)
            if dies and not self.after:
                raise Died
            answer = call(*args, **kwargs)
            if dies:
                raise Died
            return answer

        return counted


def mortal(ctx: Context, calls: int, *, after: bool) -> Context:
    lives = chain(repeat(True, calls), [False], repeat(True))
    given = {name: Mortal(getattr(ctx, name), lives, after) for name in ("config_repo", "platform", "router", "store")}
    return Context(ctx.settings, **given, clock=ctx.clock)


STEPS = [
    (DEPLOY, 1, "0.1", "blue_green"),
    (RELEASE, 1, "0.1", "blue_green"),
    (DEPLOY, 2, "0.2", "blue_green"),
    (DEPLOY, 3, "0.3", "shadow"),  # withdraws 0.2 first
    (RELEASE, 3, "0.3", "shadow"),
    (DEPLOY, 4, "0.4", "direct"),
    (ROLLBACK, 5, "", ""),
]


@pytest.mark.parametrize("after", [False, True], ids=["before-a-call", "after-a-call"])
@pytest.mark.parametrize("cut", range(26))
def test_killed_between_any_two_instructions_and_run_again(cut: int, after: bool) -> None:
    """Every step killed after so many calls, then run again, ends as a run that nothing disturbed."""
    calm, shaken = world(), world()
    for phase, epoch, tag, how in STEPS:
        more = {"rollback": {"to": "previous"}} if phase is ROLLBACK else {"tag": tag, "how": how}
        expected = run(calm, phase, epoch, **more)
        with suppress(Died):
            carry_out(task(phase, epoch, **more), mortal(shaken, cut, after=after), phase=phase)
        outcome = run(shaken, phase, epoch, **more)
        assert (outcome.live, outcome.message) == (expected.live, expected.message)
        assert (state(shaken), weights(shaken), running(shaken)) == (state(calm), weights(calm), running(calm))
