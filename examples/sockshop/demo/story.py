"""The story: four versions pushed one after the other, and whatever follows from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from examples.sockshop.demo import lanes, users
from examples.sockshop.demo.api import SOCKSHOP, wait_for
from examples.sockshop.demo.checks import Story
from examples.sockshop.demo.lanes import Delivery
from examples.sockshop.demo.screen import Screen
from examples.sockshop.demo.users import Users
from examples.sockshop.demo.world import PROBLEMS_TOKEN, PROJECT, SERVICE, TICKETS_TOKEN, World

VERSIONS = ("0.1", "0.2", "0.3", "0.4")
SERVED_AFTER = {"shadow": "release", "blue_green": "deployment", "canary": "traffic"}
"""The task after which a stage's first version has users."""
PINNED = "prod, pinned"
AFTER_S = 2.0
"""How long users are watched after the repair, seconds."""


class Play:
    """Sets the scene, pushes, follows. Close it, and nothing is left running. strategy: of prod."""

    def __init__(
        self, world: World, screen: Screen, *, strategy: str = "blue_green", swap: tuple[str, str] | None = None
    ) -> None:
        self.world, self.api, self.screen, self.swap = world, world.api, screen, swap
        self.strategy = strategy
        self.users: dict[str, Users] = {}
        self.deliveries: dict[str, Delivery] = {}
        self._earlier: set[str] = set()
        """Problems of an earlier story: a deleted project leaves its events."""

    def close(self) -> None:
        for crowd in self.users.values():
            crowd.stop()
        self.world.close()

    def set_the_scene(self) -> None:
        """What a team does once: project, secrets, service, gates, tests, runbook, a registry and a monitor."""
        self.screen.say(self.world.open())
        files = self.world.files
        self.api.keptn("create", "project", PROJECT, str(files.shipyards[self.strategy]))
        servicenow = (_literal("url", self.world.tickets.url), _literal("token", TICKETS_TOKEN))
        self.api.keptn_side_by_side(
            ("onboard", "service", f"--project={PROJECT}", f"--values={files.values}"),
            ("create", "secret", "servicenow", *servicenow),
            ("create", "secret", "chat", _literal("url", self.world.chat.url)),
            ("create", "secret", "hook-problems", _literal("token", PROBLEMS_TOKEN)),
            ("add-resource", f"--project={PROJECT}", f"--resource={SOCKSHOP / 'notify.yaml'}"),
        )
        service = (f"--project={PROJECT}", f"--service={SERVICE}")
        self.api.keptn_side_by_side(
            *(
                ("add-resource", *service, f"--stage={stage}", f"--resource={source}", f"--resourceUri={target}")
                for source, target, stages in files.resources[self.strategy]
                for stage in stages
            )
        )
        self._earlier = {event["id"] for event in self._problems()}
        self.world.connect(self.api.get(f"v1/project/{PROJECT}/service/{SERVICE}/hook"))
        self.screen.say("project sockshop is there, carts is onboarded in dev, staging and prod")

    def push(self, version: str) -> Delivery:
        """Push one version and follow it to the end of its last stage."""
        code = self.swap[1] if self.swap and self.swap[0] == version else version
        context = self.world.push(code, version)
        self.screen.say(f"[bold]docker push carts:{version}[/bold]")
        return self.follow(version, context, until=_ended, timeout_s=self.world.pace.delivery_s)

    def follow(self, version: str, context: str, *, until: Callable[[Delivery], bool], timeout_s: float) -> Delivery:
        """Show a context until it has come to its end."""

        def look() -> Delivery | None:
            delivery = lanes.read(version, context, self.api.events(keptnContext=context))
            self.deliveries[version] = delivery
            self._meet_users(delivery)
            self.screen.show(delivery, users=self._crowds())
            return delivery if until(delivery) else None

        found = wait_for(look, what=f"the end of {version}", timeout_s=timeout_s, every_s=0.4)
        assert found is not None
        return found

    def _meet_users(self, delivery: Delivery) -> None:
        """Users come to a stage that serves them: in prod that is the trial of the first version.

        A canary has pinned users as well: they keep the version that they met.
        """
        for stage, (threads, rate_hz) in self.world.pace.crowds.items():
            deployed = delivery.finished("deployment", stage)
            if stage in self.users or deployed.get("result") not in ("pass", "warning"):
                continue
            strategy = deployed["deployment"]["deploymentstrategy"]
            if not delivery.finished(SERVED_AFTER[strategy], stage):
                continue
            url = deployed["deployment"]["deploymentURIsPublic"][0]
            address, headers = self.world.visit(url)
            self.users[stage] = Users(stage=stage, url=address, headers=headers, threads=threads, rate_hz=rate_hz)
            if strategy == "canary":
                self.users[PINNED] = Users(
                    stage=stage,
                    url=address,
                    headers={**headers, **self.world.pinned},
                    threads=8,
                    rate_hz=1.0,
                    come_back=True,
                )
            self.screen.say(f"users come to {stage} at {url}")

    def _crowds(self) -> list[str]:
        counts = {stage: (len(crowd.seen), users.errors(list(crowd.seen))) for stage, crowd in self.users.items()}
        return [f"users of {stage}: {all_} requests, {bad} errors" for stage, (all_, bad) in counts.items()]

    def await_repair(self) -> Delivery:
        """The monitor's problem and what keptn does about it."""
        self.screen.say("0.4 is live; nobody knows yet that it breaks under load")

        def look() -> list[dict[str, Any]]:
            self.screen.show(self.deliveries["0.4"], users=self._crowds())
            return [event for event in self._problems() if event["id"] not in self._earlier]

        found = wait_for(look, what="a problem in prod", timeout_s=self.world.pace.problem_s, every_s=0.4)
        self.screen.say("[red]the monitor reports a problem in prod[/red]")
        return self.follow(
            "repair", found[-1]["shkeptncontext"], until=_remediated, timeout_s=self.world.pace.delivery_s
        )

    def _problems(self) -> list[dict[str, Any]]:
        return self.api.events(project=PROJECT, type="sh.keptn.event.prod.remediation.triggered")

    def tell(self) -> Story:
        """The whole story. Raises DemoError where it cannot go on."""
        begin, spans = time.monotonic(), {}
        for version in VERSIONS:
            start = time.time()
            self.push(version)
            spans[version] = (start, time.time())
        repair = self.await_repair()
        repaired = time.time()
        time.sleep(AFTER_S)
        prod, staging = self.users["prod"], self.users["staging"]
        slot = self.api.get(f"v1/project/{PROJECT}/stage/prod/service/{SERVICE}")
        return Story(
            deliveries=self.deliveries,
            problem=repair,
            staging_seen=staging.between(*spans["0.2"]),
            switch_seen=prod.between(*spans["0.3"]),
            pinned_seen=self.users[PINNED].between(*spans["0.3"]) if PINNED in self.users else (),
            before_repair=prod.between(spans["0.4"][0], repaired),
            after=prod.between(repaired, time.time()),
            tickets=self.world.tickets.received,
            chat=self.world.chat.received,
            rejected=slot.get("rejected", []),
            prod_log=self.world.log("prod"),
            live_digest=(slot.get("live") or {}).get("digest", ""),
            seconds=time.monotonic() - begin,
        )


def _literal(key: str, value: str) -> str:
    return f"--from-literal={key}={value}"


def _ended(delivery: Delivery) -> bool:
    """No lane is open, and no next stage is to come."""
    last = delivery.lanes[-1] if delivery.lanes else None
    if last is None or any(not lane.result for lane in delivery.lanes):
        return False
    if any(lane.result not in ("pass", "warning") for lane in delivery.lanes if lane.sequence == "delivery"):
        return any(lane.sequence == "rollback" for lane in delivery.lanes)
    return last.stage == "prod"


def _remediated(delivery: Delivery) -> bool:
    lane = delivery.lane("prod", "remediation")
    return bool(lane and lane.result)
