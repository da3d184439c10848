"""A stage with one onboarded service in memory, its tasks, and what has become of it: for the tests of `step.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.deployment import step
from keptn.deployment.state import DesiredState, parse
from keptn.deployment.strategy import Phase
from keptn.events import Event, Scope
from keptn.settings import Settings
from tests.world import digest_of, open_slot

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
DEPLOY, TRAFFIC, RELEASE, ROLLBACK = Phase


@dataclass
class RunningClock:
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


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
    return carry_out(task(phase, epoch, **more), ctx, phase=phase)


def carry_out(asked: Event, ctx: Context, *, phase: Phase, to_previous: bool = False) -> step.Outcome:
    """The step, for a task that the engine has just triggered."""
    open_slot(ctx.store, asked.scope, asked)
    return step.carry_out(asked, ctx, phase=phase, to_previous=to_previous)


def delivered(ctx: Context, epoch: int, tag: str, how: str = "blue_green") -> step.Outcome:
    run(ctx, DEPLOY, epoch, tag=tag, how=how)
    return run(ctx, RELEASE, epoch, tag=tag, how=how)


def state(ctx: Context) -> DesiredState:
    return parse(ctx.config_repo.tree("sockshop", "prod").read("carts/deployment.yaml"), service="carts")


def running(ctx: Context) -> dict[str, str]:
    return {colour: workload.digest for (_, colour), workload in ctx.platform.workloads.items()}


def weights(ctx: Context) -> dict[str, int]:
    return dict(ctx.router.routes[SCOPE].weights)


def image(tag: str) -> str:
    return f"127.0.0.1:5000/sockshop/carts:{tag}"
