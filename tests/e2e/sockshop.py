"""The sockshop on a `keptn local` of its own, with short windows, driven from outside as the demo does it.

Three versions: 0.1 is good, 0.2 is slow, 0.3 is good until a problem is reported in prod. What the tests claim is in
`invariants.py`; here are the doings.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from examples.sockshop.demo import lanes, pushes
from examples.sockshop.demo.api import SOCKSHOP, Api, DemoError
from examples.sockshop.demo.endpoints import Endpoint
from examples.sockshop.demo.lanes import Delivery
from examples.sockshop.demo.laptop import FILES
from examples.sockshop.demo.system import System
from examples.sockshop.demo.users import Users

PROJECT, SERVICE, STAGES = "sockshop", "carts", ("dev", "staging", "prod")
T = TypeVar("T")
GOOD = ("pass", "warning")
DELIVERY_S = 600.0
"""Faults slow a delivery down: after so long it is stuck, seconds."""
OTHER = {"timeframe: 3s": "timeframe: 12s", 'duration: "3s"': 'duration: "2s"'}
"""Under faults it takes seconds until users have learned where the first version is: the window must see them."""
PROBLEMS_TOKEN = "problems-test-token"


class Sockshop:
    """Make it, `tell` the story, look at what is left, `close` it."""

    def __init__(self, folder: Path, *, faults: str = "") -> None:
        self.folder = folder
        self.system = System(folder / "state", options=("--faults", faults) if faults else ())
        self.tickets, self.chat = Endpoint(name="servicenow"), Endpoint(name="chat")
        self.users: dict[str, Users] = {}
        self.contexts: dict[str, str] = {}
        self.deliveries: dict[str, Delivery] = {}
        self._token = ""

    def close(self) -> None:
        for crowd in self.users.values():
            crowd.stop()
        self.system.stop()
        self.tickets.stop()
        self.chat.stop()

    def open(self) -> None:
        """Project, secrets, service and files, as the README says it."""
        self.system.start()

        def keptn(*words: str) -> None:
            carried_out(self.system, *words)

        keptn("create", "project", PROJECT, self._adapted("shipyard.yaml"))
        keptn("create", "secret", "servicenow", f"--from-literal=url={self.tickets.url}")
        keptn("create", "secret", "chat", f"--from-literal=url={self.chat.url}")
        keptn("create", "secret", "hook-problems", f"--from-literal=token={PROBLEMS_TOKEN}")
        keptn("onboard", "service", f"--project={PROJECT}", f"--values={SOCKSHOP / 'values_carts.yaml'}")
        patiently(
            lambda: self._under_way() == 0, what="the end of the onboarding's repeats: the chat is for deliveries"
        )
        keptn("add-resource", f"--project={PROJECT}", f"--resource={SOCKSHOP / 'notify.yaml'}")
        for source, target, stages in FILES.resources["blue_green"]:
            for stage in stages:
                where = (f"--project={PROJECT}", f"--stage={stage}", f"--service={SERVICE}")
                keptn(
                    "add-resource",
                    *where,
                    f"--resource={self._adapted(str(source.relative_to(SOCKSHOP)))}",
                    f"--resourceUri={target}",
                )
        hook = patiently(lambda: self.system.get(f"v1/project/{PROJECT}/service/{SERVICE}/hook"))
        self._token = str(hook["token"])

    def tell(self) -> None:
        """Push the three versions, each after the end of the one before, then report a problem in prod."""
        for version in ("0.1", "0.2", "0.3"):
            self.push(version)
        self.report_problem()
        self._become_quiet()

    def push(self, version: str) -> None:
        pushes.put(SOCKSHOP / "carts", version, images=self.system.state / "images", tag=version)
        notification = pushes.notification(version)
        answer = patiently(lambda: self.system.notify(notification, token=self._token))
        assert answer["accepted"], answer
        self.contexts[version] = answer["accepted"][0]["keptnContext"]
        self._follow(version, _delivered)

    def report_problem(self) -> None:
        """Alertmanager repeats itself; so does this."""
        answers = [patiently(self._alert) for _ in range(2)]
        self.contexts["problem"] = answers[0]["accepted"][0]["keptnContext"]
        assert answers[1]["accepted"][0]["keptnContext"] == self.contexts["problem"]
        self._follow("problem", lambda delivery: bool(_result(delivery, "prod", "remediation")))

    def recorded(self) -> list[dict[str, Any]]:
        """All events of the deliveries and of the problem."""
        return [event for delivery in self.deliveries.values() for event in delivery.events]

    def result(self, version: str, stage: str, sequence: str = "delivery") -> str:
        return _result(self.deliveries[version], stage, sequence)

    def digest(self, version: str) -> str:
        digests = {(e["data"].get("artifact") or {}).get("digest") for e in self.deliveries[version].events} - {None}
        assert len(digests) == 1, digests
        return str(digests.pop())

    def live(self, stage: str) -> Mapping[str, Any]:
        """What the slot says is live."""
        slot = self.system.get(f"v1/project/{PROJECT}/stage/{stage}/service/{SERVICE}")
        return dict(slot.get("live") or {})

    def git(self, *words: str) -> str:
        """A Git command on the config repo."""
        repo = self.system.state / "repos" / f"{PROJECT}.git"
        return subprocess.run(["git", "-C", str(repo), *words], capture_output=True, text=True, check=True).stdout

    def _adapted(self, name: str) -> str:
        text = (SOCKSHOP / name).read_text()
        for told, instead in OTHER.items():
            text = text.replace(told, instead)
        target = self.folder / name.replace("/", "-")
        target.write_text(text)
        return str(target)

    def _follow(self, version: str, done: Callable[[Delivery], bool]) -> None:
        def look() -> bool:
            self._look(version)
            self._meet_users(self.deliveries[version])
            return done(self.deliveries[version])

        patiently(look, timeout_s=DELIVERY_S, what=Lazily(lambda: self._so_far(version)))

    def _look(self, version: str) -> None:
        context = self.contexts[version]
        self.deliveries[version] = lanes.read(version, context, self.system.events(keptnContext=context))

    def _so_far(self, version: str) -> str:
        seen = self.deliveries[version].lanes if version in self.deliveries else ()
        lanes_so_far = "; ".join(f"{x.stage}.{x.sequence} {x.result or x.step} {x.steps} {x.message}" for x in seen)
        return f"the end of {version} ({lanes_so_far})"

    def _meet_users(self, delivery: Delivery) -> None:
        for stage, task in (("staging", "release"), ("prod", "deployment")):
            deployed = delivery.finished(task, stage) and delivery.finished("deployment", stage)
            if stage not in self.users and deployed and deployed["result"] in GOOD:
                url = deployed["deployment"]["deploymentURIsPublic"][0]
                self.users[stage] = Users(stage=stage, url=url, threads=3, rate_hz=10.0)

    def _become_quiet(self) -> None:
        """Late repeats may still be on their way: look until none is, and nothing new was recorded for a while."""

        def unchanged() -> bool:
            before = {event["id"] for event in self.recorded()}, len(self.chat.received)
            time.sleep(2)
            for version in self.contexts:
                self._look(version)
            after = {event["id"] for event in self.recorded()}, len(self.chat.received)
            return before == after and self._under_way() == 0

        patiently(unchanged, what="an end of events")

    def _under_way(self) -> int:
        """Events that the Broker has yet to deliver."""
        return int(httpx.get(f"{self.system.url}/health", trust_env=False).json()["deliveries"])

    def _alert(self) -> Mapping[str, Any]:
        labels = {"alertname": "ConversionRateDropped", "project": PROJECT, "stage": "prod", "service": SERVICE}
        since = self.deliveries["0.3"].lane("prod")
        assert since is not None
        assert since.ended is not None
        alert = {"status": "firing", "labels": labels, "annotations": {}, "fingerprint": "conversion"}
        body = {"version": "4", "status": "firing", "alerts": [{**alert, "startsAt": since.ended.isoformat()}]}
        headers = {"authorization": f"Bearer {PROBLEMS_TOKEN}"}
        url = f"{self.system.url}/functions/receive-problem"
        answer = httpx.post(url, json=body, headers=headers, timeout=120, trust_env=False)
        if answer.status_code != 202:
            raise DemoError(answer.text)
        return dict(answer.json())


class Lazily:
    """Text that is made when it is needed."""

    def __init__(self, describe: Callable[[], str]) -> None:
        self._describe = describe

    def __str__(self) -> str:
        return self._describe()


def carried_out(system: Api, *words: str) -> str:
    """What a command says; given again if its answer was lost with the process that gave it: it may have been done."""
    lost: list[str] = []

    def done() -> str:
        try:
            return system.keptn(*words) or "done"
        except DemoError as exc:
            if lost and ("exists" in str(exc) or "already" in str(exc)):
                return "done"
            lost.append(str(exc))
            if "answer" not in str(exc) and "broke off" not in str(exc):
                raise AssertionError(str(exc)) from exc
            return ""

    return patiently(done, what=f"keptn {' '.join(words[:2])}")


def patiently(look: Callable[[], T], *, timeout_s: float = 240.0, what: object = "an answer") -> T:
    """Look until something true is seen; a runtime that is away or cannot answer now is asked again."""
    deadline, trouble = time.monotonic() + timeout_s, ""
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except (DemoError, httpx.HTTPError) as exc:
            trouble = str(exc)
        time.sleep(0.3)
    raise AssertionError(f"{what} did not come within {timeout_s:.0f} s {trouble}")


def _delivered(delivery: Delivery) -> bool:
    """Every lane has ended, and what had to follow has followed."""
    if not delivery.lanes or any(not lane.result for lane in delivery.lanes):
        return False
    results = [lane.result for lane in delivery.lanes if lane.sequence == "delivery"]
    if any(result not in GOOD for result in results):
        return any(lane.sequence == "rollback" for lane in delivery.lanes)
    return delivery.lanes[-1].stage == STAGES[-1]


def _result(delivery: Delivery, stage: str, sequence: str) -> str:
    lane = delivery.lane(stage, sequence)
    return lane.result if lane else ""
