"""Scaling a service for the time of a problem: the commit, the fence, and what a delivery in between makes of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from keptn.deployment import rescale, scaling, trailers
from keptn.deployment.scaling import Bounds, Scaling
from keptn.errors import Late, Refused, Unavailable
from keptn.events import Event
from tests.unit.deployment.stage import DEPLOY, RELEASE, ROLLBACK, SCOPE, carry_out, delivered, run, state, task, world
from tests.world import open_slot

MORE = Scaling(context="remediation", least="+2", most="+2")


@pytest.fixture
def ctx():
    ctx = world()
    delivered(ctx, 1, "0.1")
    return ctx


def action(epoch: int, *, id: str = "") -> Event:  # noqa: A002
    data = {"project": "sockshop", "stage": "prod", "service": "carts"}
    return Event(
        type="sh.keptn.event.action.triggered",
        id=id or f"action-{epoch}",
        source="test",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        data=data,
        context=f"remediation-{epoch}",
        epoch=epoch,
    )


def up(ctx, epoch: int, wanted: Scaling = MORE):
    asked = action(epoch)
    open_slot(ctx.store, SCOPE, asked)
    return rescale.up(asked, wanted, ctx)


def back(ctx, epoch: int, *, of: int):
    asked = action(epoch)
    open_slot(ctx.store, SCOPE, asked)
    return rescale.back(asked, ctx, of=f"action-{of}")


def replicas(ctx) -> dict[str, Bounds]:
    """Of what runs, by colour."""
    return {colour: scaling.bounds(found.manifests) for (_, colour), found in ctx.platform.workloads.items()}


def values(ctx, **more) -> None:
    text = json.dumps({"service": "carts", "image": "sockshop/carts", **more}).encode()
    ctx.config_repo.commit("sockshop", "prod", lambda _: {"carts/values.yaml": text}, message="values")


def test_it_is_a_commit_and_then_the_cluster(ctx):
    """With the trailers of every change; what the values say is not touched."""
    before = ctx.config_repo.tree("sockshop", "prod").read("carts/values.yaml")
    done = up(ctx, 2)
    head = ctx.config_repo.log("sockshop", "prod")[0]
    said = trailers.read(head.message)
    assert (head.id, head.message.partition("\n")[0]) == (
        done.git_commit,
        "scale carts in prod from 1 replica to 3 replicas",
    )
    assert (said["Keptn-Epoch"], said["Keptn-Event"], said["Keptn-Scaling"]) == ("2", "action-2", "3 replicas")
    assert replicas(ctx) == {"blue": Bounds(least=3)}
    assert ctx.config_repo.tree("sockshop", "prod").read("carts/values.yaml") == before
    assert (done.waiting, done.warnings) == ("", [])


def test_no_pod_is_restarted_for_it(ctx):
    """Of the objects of a cluster only the number changes, and what orders them."""

    def objects() -> list[dict]:
        (workload,) = ctx.platform.workloads.values()
        return [json.loads(json.dumps(one)) for one in workload.manifests]

    before = objects()
    up(ctx, 2)
    after = objects()
    for one in (*before, *after):
        del one["metadata"]["annotations"]
    assert (before[0]["spec"].pop("replicas"), after[0]["spec"].pop("replicas")) == (1, 3)
    assert before == after


def test_going_back_leaves_no_trace(ctx):
    """But for its place in the order."""
    was = state(ctx)
    up(ctx, 2)
    assert back(ctx, 3, of=2).message == "scale carts in prod from 3 replicas to 1 replica"
    now = state(ctx)
    assert replace(
        now, revision=was.revision, epoch=was.epoch, phase=was.phase, tasks=was.tasks, awaited=()
    ) == replace(was, awaited=())
    assert replicas(ctx) == {"blue": Bounds(least=1)}


def test_a_repeat_is_the_same(ctx):
    """No second commit, the same words; also when it was lost half way, behind its commit."""
    first = up(ctx, 2)
    commits = len(ctx.config_repo.log("sockshop", "prod", limit=50))
    ctx.platform.workloads.clear()
    assert up(ctx, 2) == first
    assert replicas(ctx) == {"blue": Bounds(least=3)}
    back(ctx, 3, of=2)
    ctx.platform.workloads.clear()
    back(ctx, 3, of=2)
    assert replicas(ctx) == {"blue": Bounds(least=1)}
    assert len(ctx.config_repo.log("sockshop", "prod", limit=50)) == commits + 1


def test_a_delivery_in_between_is_scaled_as_well_and_brings_its_own_values(ctx):
    """Candidate and live alike, for either may get all users; going back it has what its own values say."""
    up(ctx, 2)
    values(ctx, replicas=4)
    run(ctx, DEPLOY, 3, tag="0.2")
    assert replicas(ctx) == {"blue": Bounds(least=3), "green": Bounds(least=6)}
    run(ctx, RELEASE, 3, tag="0.2")
    assert state(ctx).plan.live_version.image.endswith("0.2")
    back(ctx, 4, of=2)
    assert state(ctx).plan.live_version.image.endswith("0.2")
    assert replicas(ctx) == {"green": Bounds(least=4), "blue": Bounds(least=1)}


def test_a_rollback_in_between_is_scaled_as_well(ctx):
    """The version before, with its own values and what the problem needs."""
    values(ctx, replicas=2)
    delivered(ctx, 2, "0.2", "dark")
    up(ctx, 3)
    assert replicas(ctx) == {"green": Bounds(least=4)}
    carry_out(task(ROLLBACK, 4), ctx, phase=ROLLBACK, to_previous=True)
    assert replicas(ctx) == {"blue": Bounds(least=3)}
    back(ctx, 5, of=3)
    assert replicas(ctx) == {"blue": Bounds(least=1)}


def test_of_two_problems_each_takes_back_its_own(ctx):
    """The most that is asked for; what the values say is lost with neither."""
    up(ctx, 2)
    assert up(ctx, 3, Scaling(context="r", least="5")).message == "scale carts in prod from 3 replicas to 5 replicas"
    assert back(ctx, 4, of=2).message == "keep carts in prod at 5 replicas"
    assert back(ctx, 5, of=3).message == "scale carts in prod from 5 replicas to 1 replica"


def test_one_action_may_roll_back_and_scale(ctx):
    """Two changes of one task: a repeat of either finds its own commit, and neither is late for the other."""
    delivered(ctx, 2, "0.2")
    asked = action(3)
    open_slot(ctx.store, SCOPE, asked)
    rolled = carry_out(asked, ctx, phase=ROLLBACK, to_previous=True)
    scaled = up(ctx, 3)
    assert carry_out(asked, ctx, phase=ROLLBACK, to_previous=True).git_commit == rolled.git_commit
    assert up(ctx, 3).git_commit == scaled.git_commit != rolled.git_commit
    assert replicas(ctx) == {"blue": Bounds(least=3)}


def test_what_is_late_changes_nothing(ctx):
    """A duplicate of yesterday's, and one whose problem was over before it got so far."""
    up(ctx, 2)
    back(ctx, 3, of=2)
    with pytest.raises(Late, match="epoch 3 has taken over"):
        up(ctx, 2)
    back(ctx, 5, of=4)  # nobody answered for it: it may still be on its way
    with pytest.raises(Late, match="epoch 5 has taken over"):
        up(ctx, 4)
    assert replicas(ctx) == {"blue": Bounds(least=1)}


def test_a_task_that_nobody_asked_for_is_refused(ctx):
    """As every change of a stage."""
    with pytest.raises(Late, match="is not open"):
        rescale.up(action(2), MORE, ctx)


def test_a_lost_race_is_run_again(ctx):
    """Never over what somebody has committed meanwhile."""
    asked = action(2)
    open_slot(ctx.store, SCOPE, asked)
    commit = ctx.config_repo.commit

    def overtaken(project, stage, change, *, message):
        ctx.config_repo.commit = commit
        up(ctx, 2, Scaling(context="r", least="2"))  # another run of the very task, say, with another runbook
        open_slot(ctx.store, SCOPE, asked)
        return commit(project, stage, change, message=message)

    ctx.config_repo.commit = overtaken
    with pytest.raises(Unavailable, match="another task has just changed the desired state"):
        rescale.up(asked, MORE, ctx)
    rescale.up(asked, MORE, ctx)
    assert set(replicas(ctx).values()) == {Bounds(least=3)}


def test_bounds_of_an_autoscaler_and_patches(ctx):
    """What a team's own patch says counts as its values do."""
    autoscaling = {"minReplicas": 2, "maxReplicas": 4, "targetCPUUtilizationPercentage": 80}
    patch = {"target": "HorizontalPodAutoscaler", "patch": [{"op": "replace", "path": "/spec/maxReplicas", "value": 6}]}
    values(ctx, autoscaling=autoscaling, resources={"requests": {"cpu": "100m"}}, patches=[patch])
    delivered(ctx, 2, "0.2", "direct")
    done = up(ctx, 3, Scaling(context="r", least="3", most="+4"))
    assert done.message == "scale carts in prod from 2 to 6 replicas to 3 to 10 replicas"
    assert back(ctx, 4, of=3).message == "scale carts in prod from 3 to 10 replicas to 2 to 6 replicas"


def test_what_is_not_there_yet_is_said(ctx):
    """The live version is not waited for as one that gains users is: it has them already."""
    ctx.platform.waiting[state(ctx).plan.live_version.image] = "2 of 3 pods are ready"
    assert up(ctx, 2).waiting == "2 of 3 pods are ready"
    assert ctx.router.routes[SCOPE].weights == {"blue": 100}


def test_what_asks_for_nothing_more_says_so(ctx):
    """No silent success."""
    assert up(ctx, 2, Scaling(context="r", most="9")).warnings == [
        "nothing more was asked for than its values say: 1 replica"
    ]


def test_where_nothing_is_live_nothing_is_scaled():
    """And nothing is there to be taken back."""
    empty = world()
    with pytest.raises(Refused, match="nothing is live in sockshop/prod/carts"):
        up(empty, 1)
    assert back(empty, 2, of=1).message == "nothing runs in sockshop/prod/carts"
