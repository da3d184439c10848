"""One phase of a deployment: whole, repeated, late, and cut off between any two instructions."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any

import pytest

from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.deployment import manifests, step, trailers
from keptn.deployment.state import DesiredState, parse
from keptn.deployment.strategy import Phase
from keptn.errors import Late, NotYet, Refused, Unknown
from keptn.events import Event, Scope
from keptn.records import objects
from keptn.sequence import codec
from keptn.settings import Settings
from tests.world import digest_of, slot_with

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
DEPLOY, RELEASE, ROLLBACK = Phase.DEPLOY, Phase.RELEASE, Phase.ROLLBACK


@dataclass
class RunningClock:
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def ctx() -> Context:
    return world()


def world() -> Context:
    repo = MemoryConfigRepo()
    values = b"service: carts\nimage: sockshop/carts\nenv: {DELAY: '50'}\nhealth: /health\n"
    repo.create("sockshop", {"main": {}, "prod": {"carts/values.yaml": values}}, message="create")
    parts = {"config_repo": repo, "platform": MemoryPlatform(), "router": MemoryRouter(), "store": MemoryStore()}
    return Context(Settings(), **parts, clock=RunningClock())


def task(phase: Phase, epoch: int, *, tag: str = "0.1", how: str = "blue_green", **more: Any) -> Event:
    name = {DEPLOY: "deployment"}.get(phase, str(phase))
    data = {"project": "sockshop", "stage": "prod", "service": "carts", "deployment": {"deploymentstrategy": how}}
    artifact = {"image": f"127.0.0.1:5000/sockshop/carts:{tag}", "tag": tag, "digest": digest_of(tag)}
    return Event(
        type=f"sh.keptn.event.{name}.triggered",
        id=more.pop("id", f"{phase}-{epoch}"),
        source="test",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        data={**data, "artifact": artifact, **more},
        context=f"delivery-{epoch}",
        epoch=epoch,
    )


def run(ctx: Context, phase: Phase, epoch: int, **more: Any) -> step.Outcome:
    return step.carry_out(task(phase, epoch, **more), ctx, phase=phase)


def delivered(ctx: Context, epoch: int, tag: str, how: str = "blue_green") -> step.Outcome:
    run(ctx, DEPLOY, epoch, tag=tag, how=how)
    return run(ctx, RELEASE, epoch, tag=tag, how=how)


def state(ctx: Context) -> DesiredState:
    return parse(ctx.config_repo.tree("sockshop", "prod").read("carts/deployment.yaml"), service="carts")


def running(ctx: Context) -> dict[str, str]:
    return {colour: workload.digest for (_, colour), workload in ctx.platform.workloads.items()}


def weights(ctx: Context) -> dict[str, int]:
    return dict(ctx.router.routes[SCOPE].weights)


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
    back = step.carry_out(task(ROLLBACK, 3), ctx, phase=ROLLBACK, to_previous=True)
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
    outcome = step.carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
    assert (outcome.live["digest"], running(ctx)) == (digest_of("0.1"), {"blue": digest_of("0.1")})
    assert ctx.router.routes[SCOPE].mirror == ""


def test_a_delivery_that_deployed_nothing_rolls_nothing_back(ctx: Context) -> None:
    """What another delivery made live stays; yet the lost deployment, if it comes late, is refused."""
    delivered(ctx, 1, "0.1")
    delivered(ctx, 2, "0.2")
    outcome = step.carry_out(replace(task(ROLLBACK, 4), context="delivery-3"), ctx, phase=ROLLBACK)
    assert (outcome.live["digest"], outcome.message) == (digest_of("0.2"), "keep carts 0.2 in prod")
    with pytest.raises(Refused, match="epoch 4 has taken over"):
        run(ctx, DEPLOY, 3, tag="0.3")


def test_direct_rolls_back_to_the_image_before(ctx: Context) -> None:
    """Direct made it live at once, so its own rollback goes back."""
    delivered(ctx, 1, "0.1", how="direct")
    run(ctx, DEPLOY, 2, tag="0.2", how="direct")
    assert running(ctx) == {"green": digest_of("0.2")}
    rolled = step.carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
    assert (rolled.live["digest"], running(ctx)) == (digest_of("0.1"), {"blue": digest_of("0.1")})


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
    """The next weight is the next task of the same phase; an earlier step that comes late is refused."""
    delivered(ctx, 1, "0.1")
    for percent in (10, 50):
        share = {"deploymentstrategy": "canary", "trial_weight_percent": percent}
        run(ctx, DEPLOY, 2, tag="0.2", id=f"step-{percent}", deployment=share)
        assert weights(ctx) == {"blue": 100 - percent, "green": percent}
    with pytest.raises(Refused, match="task step-50 came after it"):
        run(ctx, DEPLOY, 2, tag="0.2", id="step-10", how="canary")


def test_release_needs_its_own_deployment(ctx: Context) -> None:
    """Nobody releases another delivery's candidate."""
    run(ctx, DEPLOY, 1)
    with pytest.raises(Refused, match="nothing to release in sockshop/prod/carts"):
        run(ctx, RELEASE, 2)


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


def image(tag: str) -> str:
    return f"127.0.0.1:5000/sockshop/carts:{tag}"


@pytest.mark.parametrize("state_of_live", ["slow", "broken", "refused"])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("direct", {"green": 100}),
        ("dark", {"blue": 100}),
        ("shadow", {"blue": 100}),
        ("blue_green", {"blue": 90, "green": 10}),
        ("canary", {"blue": 90, "green": 10}),
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
    rolled = step.carry_out(replace(task(ROLLBACK, 3), context="delivery-2"), ctx, phase=ROLLBACK)
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
        step.carry_out(task(DEPLOY, 1, service="cart"), ctx, phase=DEPLOY)


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


def test_the_log_explains_what_ran_and_why(ctx: Context) -> None:
    """One commit per step, with the delivery, event, artifact and epoch that caused it."""
    delivered(ctx, 1, "0.1")
    newest = ctx.config_repo.log("sockshop", "prod")[0]
    assert newest.message.startswith("release carts 0.1 in prod\n")
    assert trailers.read(newest.message)["Keptn-Artifact"] == "127.0.0.1:5000/sockshop/carts:0.1@" + digest_of("0.1")
    assert trailers.read(newest.message)["Keptn-Epoch"] == "1"


def test_rendered_manifests_follow_the_workloads(ctx: Context) -> None:
    """A colour that is gone has no manifest; the image stands there by its digest."""
    delivered(ctx, 1, "0.1", how="dark")
    delivered(ctx, 2, "0.2", how="dark")
    tree = ctx.config_repo.tree("sockshop", "prod")
    assert tree.list("carts/manifests") == ["carts/manifests/green.yaml", "carts/manifests/route.yaml"]
    pinned = f"image: 127.0.0.1:5000/sockshop/carts@{digest_of('0.2')}".encode()
    assert pinned in (tree.read("carts/manifests/green.yaml") or b"")


def test_what_is_committed_is_what_is_applied(ctx: Context) -> None:
    """The platform and the router get the very objects of the commit."""
    delivered(ctx, 1, "0.1")
    run(ctx, DEPLOY, 2, tag="0.2")
    tree = ctx.config_repo.tree("sockshop", "prod")
    for colour in ("blue", "green"):
        committed = manifests.parse(tree.read(f"carts/manifests/{colour}.yaml") or b"", file="x")
        applied = ctx.platform.workloads[SCOPE, colour]
        assert (list(applied.manifests), applied.revision) == (list(committed), state(ctx).revision)
    route = ctx.router.routes[SCOPE]
    assert [route.manifest] == manifests.parse(tree.read("carts/manifests/route.yaml") or b"", file="x")
    assert route.manifest["metadata"]["annotations"]["keptn.sh/revision"] == str(route.revision)


def test_a_repeat_applies_what_somebody_committed_since(ctx: Context) -> None:
    """The files of the very state that a repeat finds are the desired state, also when they were edited."""
    run(ctx, DEPLOY, 1)
    path = "carts/manifests/blue.yaml"
    edited = (ctx.config_repo.tree("sockshop", "prod").read(path) or b"").replace(b"value: '50'", b"value: '60'")
    ctx.config_repo.commit("sockshop", "prod", lambda _tree: {path: edited}, message="by hand")
    run(ctx, DEPLOY, 1)
    container = ctx.platform.workloads[SCOPE, "blue"].manifests[0]["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "DELAY", "value": "60"} in container["env"]


def test_manifests_of_an_earlier_form_are_written_anew(ctx: Context) -> None:
    """A state that was committed before its files could be applied is rendered again, without a commit."""
    run(ctx, DEPLOY, 1)
    path = "carts/manifests/blue.yaml"
    old = {path: b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {annotations: {keptn.sh/epoch: '1'}}\n"}
    ctx.config_repo.commit("sockshop", "prod", lambda _tree: old, message="as it was")
    run(ctx, DEPLOY, 1)
    assert ctx.platform.workloads[SCOPE, "blue"].digest == digest_of("0.1")


def test_what_the_platform_cannot_do_is_said(ctx: Context) -> None:
    """In the data and the message of what deployed; a release says nothing again."""
    ctx.platform.cannot = ("it runs without resources",)
    deployed = run(ctx, DEPLOY, 1)
    assert deployed.message == "deploy carts 0.1 to prod (blue_green); it runs without resources"
    assert deployed.data["deployment"]["warnings"] == ["it runs without resources"]
    assert "warnings" not in run(ctx, RELEASE, 1).data["release"]


def open_slot(ctx: Context, *tasks: Event) -> None:
    """As if `orchestrate` had triggered the tasks, each in an execution of its own."""
    ctx.store.put(objects.slot(SCOPE), codec.encode(slot_with(SCOPE, *tasks)))


def test_a_task_that_the_slot_does_not_know_changes_nothing(ctx: Context) -> None:
    """Another id, another epoch, one that has ended: refused before the first commit."""
    mine = task(DEPLOY, 1)
    open_slot(ctx, mine)
    for stray in (replace(mine, id="other"), replace(mine, epoch=2), replace(mine, epoch=0)):
        with pytest.raises(Late, match=r"is not open in sockshop/prod/carts: it is late, or the engine did not ask"):
            step.carry_out(stray, ctx, phase=DEPLOY)
    assert state(ctx).revision == 0
    assert step.carry_out(mine, ctx, phase=DEPLOY).live is None
    open_slot(ctx)
    with pytest.raises(Late, match="is not open"):
        step.carry_out(mine, ctx, phase=DEPLOY)


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
@pytest.mark.parametrize("cut", range(14))
def test_killed_between_any_two_instructions_and_run_again(cut: int, after: bool) -> None:
    """Every step killed after so many calls, then run again, ends as a run that nothing disturbed."""
    calm, shaken = world(), world()
    for phase, epoch, tag, how in STEPS:
        more = {"rollback": {"to": "previous"}} if phase is ROLLBACK else {"tag": tag, "how": how}
        expected = run(calm, phase, epoch, **more)
        with suppress(Died):
            step.carry_out(task(phase, epoch, **more), mortal(shaken, cut, after=after), phase=phase)
        outcome = run(shaken, phase, epoch, **more)
        assert (outcome.live, outcome.message) == (expected.live, expected.message)
        assert (state(shaken), weights(shaken), running(shaken)) == (state(calm), weights(calm), running(calm))
