"""The story: four versions pushed one after the other, and whatever follows from it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from examples.sockshop.demo import lanes, pushes, users
from examples.sockshop.demo.checks import Story
from examples.sockshop.demo.endpoints import Endpoint
from examples.sockshop.demo.lanes import Delivery
from examples.sockshop.demo.screen import Screen
from examples.sockshop.demo.system import ROOT, SOCKSHOP, DemoError, System, to_the_end, wait_for
from examples.sockshop.demo.users import Users

PROJECT, SERVICE = "sockshop", "carts"
SHIPYARDS = {"blue_green": "shipyard.yaml", "canary": "shipyard-canary.yaml"}
"""The strategy of prod, and the file that has it."""
VERSIONS = ("0.1", "0.2", "0.3", "0.4")
FILES = (
    ("gates/dev.json", "perfspec.json", ("dev",)),
    ("perfspec.json", "perfspec.json", ("staging", "prod")),
    ("tests/functional.yaml", "tests/functional.yaml", ("dev",)),
    ("tests/performance.js", "tests/performance.js", ("staging",)),
    ("remediation.yaml", "remediation.yaml", ("prod",)),
)
"""File of the example, its place in the service's folder, the stages that get it."""
FILES_OF_CANARY = (*FILES, ("values_carts-canary.yaml", "values.yaml", ("prod",)))
SERVED_AFTER = {"shadow": "release", "blue_green": "deployment", "canary": "traffic"}
"""The task after which a stage's first version has users."""
CROWDS = {"staging": (1, 5.0), "prod": (5, 16.0)}
"""How many users at a time, and how many requests a second each."""
REGULARS = "prod, regulars"
DELIVERY_S = 300.0
"""After so long a delivery counts as stuck, seconds."""
PROBLEM_S = 120.0
AFTER_S = 2.0
"""How long users are watched after the repair, seconds."""


class Play:
    """Sets the scene, pushes, follows. Close it, and nothing is left running. strategy: of prod."""

    def __init__(
        self, state: Path, screen: Screen, *, strategy: str = "blue_green", swap: tuple[str, str] | None = None
    ) -> None:
        self.system, self.screen, self.swap = System(state), screen, swap
        self.strategy = strategy
        self.tickets = Endpoint(name="servicenow", token="sn-demo-token")
        self.chat = Endpoint(name="chat")
        self.users: dict[str, Users] = {}
        self.deliveries: dict[str, Delivery] = {}
        self._monitor: subprocess.Popen[bytes] | None = None
        self._token = ""

    def close(self) -> None:
        for crowd in self.users.values():
            crowd.stop()
        if self._monitor:
            self._monitor.terminate()
            self._monitor.wait(timeout=10)
        self.system.stop()
        self.tickets.stop()
        self.chat.stop()

    def set_the_scene(self) -> None:
        """What a team does once: project, secrets, service, gates, tests, runbook, and a monitor."""
        self.system.start()
        self.screen.say(f"keptn local is up at {self.system.url}")
        keptn = self.system.keptn
        keptn("create", "project", PROJECT, str(SOCKSHOP / SHIPYARDS[self.strategy]))
        servicenow = (_literal("url", self.tickets.url), _literal("token", "sn-demo-token"))
        self.system.keptn_side_by_side(
            ("onboard", "service", f"--project={PROJECT}", f"--values={SOCKSHOP / 'values_carts.yaml'}"),
            ("create", "secret", "servicenow", *servicenow),
            ("create", "secret", "chat", _literal("url", self.chat.url)),
            ("create", "secret", "hook-problems", _literal("token", "problems-demo-token")),
            ("add-resource", f"--project={PROJECT}", f"--resource={SOCKSHOP / 'notify.yaml'}"),
        )
        self.system.keptn_side_by_side(*_add_resources(FILES_OF_CANARY if self.strategy == "canary" else FILES))
        self._token = str(self.system.get(f"v1/project/{PROJECT}/service/{SERVICE}/hook")["token"])
        self.screen.say("project sockshop is there, carts is onboarded in dev, staging and prod")
        self._start_monitor()

    def _start_monitor(self) -> None:
        command = [sys.executable, str(SOCKSHOP / "monitor.py")]
        command += ["--log", str(self.system.state / "envoy/access.log"), "--project", PROJECT, "--stage", "prod"]
        command += ["--service", SERVICE, "--url", f"{self.system.url}/functions/receive-problem"]
        environment = {**self.system.environment, "MONITOR_TOKEN": "problems-demo-token"}
        with (self.system.state / "monitor.log").open("ab") as log, to_the_end():
            self._monitor = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def push(self, version: str) -> Delivery:
        """Push one version and follow it to the end of its last stage."""
        code = self.swap[1] if self.swap and self.swap[0] == version else version
        pushes.put(SOCKSHOP / "carts", code, images=self.system.state / "images", tag=version)
        answer = self.system.notify(pushes.notification(version), token=self._token)
        if not answer["accepted"]:
            raise DemoError(f"carts:{version} was ignored: {answer['ignored']}")
        self.screen.say(f"[bold]docker push carts:{version}[/bold]")
        return self.follow(version, answer["accepted"][0]["keptnContext"], until=_ended, timeout_s=DELIVERY_S)

    def follow(self, version: str, context: str, *, until: Callable[[Delivery], bool], timeout_s: float) -> Delivery:
        """Show a context until it has come to its end."""

        def look() -> Delivery | None:
            delivery = lanes.read(version, context, self.system.events(keptnContext=context))
            self.deliveries[version] = delivery
            self._meet_users(delivery)
            self.screen.show(delivery, users=self._crowds())
            return delivery if until(delivery) else None

        found = wait_for(look, what=f"the end of {version}", timeout_s=timeout_s, every_s=0.4)
        assert found is not None
        return found

    def _meet_users(self, delivery: Delivery) -> None:
        """Users come to a stage that serves them: in prod that is the trial of the first version.

        A canary has users who come back as well: they keep the version that they met.
        """
        for stage, (threads, rate_hz) in CROWDS.items():
            deployed = delivery.finished("deployment", stage)
            if stage in self.users or deployed.get("result") not in ("pass", "warning"):
                continue
            strategy = deployed["deployment"]["deploymentstrategy"]
            if not delivery.finished(SERVED_AFTER[strategy], stage):
                continue
            url = deployed["deployment"]["deploymentURIsPublic"][0]
            self.users[stage] = Users(stage=stage, url=url, threads=threads, rate_hz=rate_hz)
            if strategy == "canary":
                self.users[REGULARS] = Users(stage=stage, url=url, threads=8, rate_hz=1.0, come_back=True)
            self.screen.say(f"users come to {stage} at {url}")

    def _crowds(self) -> str:
        counts = {stage: (len(crowd.seen), users.errors(list(crowd.seen))) for stage, crowd in self.users.items()}
        return "  ".join(f"{stage}: {all_} requests, {bad} errors" for stage, (all_, bad) in counts.items())

    def await_repair(self) -> Delivery:
        """The monitor's problem and what keptn does about it."""
        self.screen.say("0.4 is live; nobody knows yet that it breaks under load")
        opened = "sh.keptn.event.prod.remediation.triggered"

        def look() -> list[dict[str, Any]]:
            self.screen.show(self.deliveries["0.4"], users=self._crowds())
            return self.system.events(project=PROJECT, type=opened)

        found = wait_for(look, what="a problem in prod", timeout_s=PROBLEM_S, every_s=0.4)
        self.screen.say("[red]the monitor reports a problem in prod[/red]")
        return self.follow("repair", found[-1]["shkeptncontext"], until=_remediated, timeout_s=DELIVERY_S)

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
        slot = self.system.get(f"v1/project/{PROJECT}/stage/prod/service/{SERVICE}")
        return Story(
            deliveries=self.deliveries,
            problem=repair,
            staging_seen=staging.between(*spans["0.2"]),
            switch_seen=prod.between(*spans["0.3"]),
            regulars_seen=self.users[REGULARS].between(*spans["0.3"]) if REGULARS in self.users else (),
            before_repair=prod.between(spans["0.4"][0], repaired),
            after=prod.between(repaired, time.time()),
            tickets=self.tickets.received,
            chat=self.chat.received,
            rejected=slot.get("rejected", []),
            prod_log=self.log("prod"),
            live_digest=(slot.get("live") or {}).get("digest", ""),
            seconds=time.monotonic() - begin,
        )

    def log(self, branch: str) -> list[str]:
        """The branch's log, as anybody with Git reads it."""
        repo = self.system.state / "repos" / f"{PROJECT}.git"
        done = subprocess.run(
            ["git", "-C", str(repo), "log", "--format=%h %s", branch], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()


def _literal(key: str, value: str) -> str:
    return f"--from-literal={key}={value}"


def _add_resources(files: Sequence[tuple[str, str, Sequence[str]]]) -> list[tuple[str, ...]]:
    """A command for each file in each stage that gets it."""
    service = (f"--project={PROJECT}", f"--service={SERVICE}")
    return [
        ("add-resource", *service, f"--stage={stage}", f"--resource={SOCKSHOP / source}", f"--resourceUri={target}")
        for source, target, stages in files
        for stage in stages
    ]


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
