"""What a step commits, that it applies just that, and whose tasks it carries out at all."""

from dataclasses import replace

import pytest

from keptn.context import Context
from keptn.deployment import manifests, step, trailers
from keptn.errors import Late
from tests.unit.deployment.stage import (
    DEPLOY,
    RELEASE,
    SCOPE,
    delivered,
    run,
    state,
    task,
)
from tests.world import digest_of, open_slot


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


def test_a_task_that_the_slot_does_not_know_changes_nothing(ctx: Context) -> None:
    """Of a deleted service; another id, another epoch; one that has ended: refused before the first commit."""
    mine = task(DEPLOY, 1)
    with pytest.raises(Late, match="is not open"):
        step.carry_out(mine, ctx, phase=DEPLOY)
    open_slot(ctx.store, SCOPE, mine)
    for stray in (replace(mine, id="other"), replace(mine, epoch=2), replace(mine, epoch=0)):
        with pytest.raises(Late, match=r"is not open in sockshop/prod/carts: it is late, or the engine did not ask"):
            step.carry_out(stray, ctx, phase=DEPLOY)
    assert state(ctx).revision == 0
    assert step.carry_out(mine, ctx, phase=DEPLOY).live is None
    open_slot(ctx.store, SCOPE)
    with pytest.raises(Late, match="is not open"):
        step.carry_out(mine, ctx, phase=DEPLOY)
