"""deploy, release and rollback, as the Broker calls them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import functions_framework
import pytest

from keptn import context, events
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.events import Event
from keptn.settings import Settings
from tests.world import digest_of, open_slot

DATA = {
    "project": "sockshop",
    "stage": "dev",
    "service": "carts",
    "deployment": {"deploymentstrategy": "dark"},
    "configurationChange": {"values": {"image": "carts:0.1"}},
    "artifact": {"image": "carts:0.1", "tag": "0.1", "digest": digest_of("0.1")},
}


class Clock:
    def now(self):
        return events.utc("2026-01-01T00:00:00Z")

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing to wait for")


@pytest.fixture(autouse=True)
def world() -> Iterator[Context]:
    repo = MemoryConfigRepo()
    repo.create(
        "sockshop", {"main": {}, "dev": {"carts/values.yaml": b"service: carts\nimage: carts\n"}}, message="create"
    )
    parts = {"store": MemoryStore(), "config_repo": repo, "platform": MemoryPlatform(), "router": MemoryRouter()}
    with context.using(Context(Settings(), **parts, clock=Clock())) as ctx:
        yield ctx


def post(ctx: Context, function: str, task: str, **data: object) -> Event:
    """A task that the engine asks for: it is open in the slot."""
    triggered = Event(
        type=f"sh.keptn.event.{task}.triggered",
        id=f"{task}-1",
        source="test",
        time=Clock().now(),
        data={**DATA, **data},
        context="c1",
        epoch=1,
    )
    open_slot(ctx.store, triggered.scope, triggered)
    return deliver(function, triggered)


def deliver(function: str, triggered: Event) -> Event:
    headers, body = events.encode(triggered)
    source = Path("functions", function, "main.py")
    client = functions_framework.create_app(target="handle", source=str(source)).test_client()
    answer = client.post("/", data=body, headers=headers)
    assert answer.status_code == 200
    return events.decode(dict(answer.headers), answer.get_data())


def test_a_delivery_through_the_three_functions(world: Context) -> None:
    """Each replies with the `.finished` event of its task."""
    deployed = post(world, "deploy", "deployment")
    assert (deployed.type, deployed.result) == ("sh.keptn.event.deployment.finished", "pass")
    assert deployed.triggered_id == "deployment-1"
    assert deployed.data["deployment"]["candidate"]["digest"] == digest_of("0.1")
    released = post(world, "release", "release")
    assert released.data["release"]["live"] == {**deployed.data["deployment"]["candidate"]}
    back = post(world, "rollback", "rollback")
    assert (back.data["rollback"]["live"], back.message) == (None, "take carts out of dev")


def test_what_cannot_be_deployed_ends_errored(world: Context) -> None:
    """The reply says why."""
    reply = post(world, "deploy", "deployment", deployment={"deploymentstrategy": "purple"})
    assert (reply.status, reply.result) == ("errored", "fail")
    assert "there is no deployment strategy 'purple'" in reply.message


def test_what_the_engine_did_not_ask_for_ends_errored(world: Context) -> None:
    """A task that somebody posted past the gates, with an epoch above all: nothing is deployed."""
    asked = post(world, "deploy", "deployment")
    forged = replace(
        events.decode(*events.encode(asked)), type="sh.keptn.event.deployment.triggered", id="forged", epoch=10**9
    )
    reply = deliver("deploy", forged)
    assert (reply.status, reply.result) == ("errored", "fail")
    assert "task forged of epoch 1000000000 is not open in sockshop/dev/carts" in reply.message


def test_release_gives_a_share_or_all(world: Context) -> None:
    """One function does both, each at its own event."""
    post(world, "deploy", "deployment", deployment={"deploymentstrategy": "canary"})
    shared = post(world, "release", "traffic", traffic={"weight_percent": 5})
    assert (shared.type, shared.data["traffic"]["weight_percent"]) == ("sh.keptn.event.traffic.finished", 100)
    assert post(world, "release", "release").data["release"]["live"]["digest"] == digest_of("0.1")
