"""A canary on the local runtime, as its users see it: shares, pins and not one failed request, counted at the client.

Steps wait for a person, so that weights stand still while they are counted.
"""

import http.client
import json
import os
import random
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from examples.sockshop.demo.system import System
from tests.e2e import invariants
from tests.e2e.sockshop import Lazily, carried_out, patiently

pytestmark = pytest.mark.long
PROJECT, SERVICE, STAGE = "shop", "carts", "prod"
WEIGHTS = (5, 25, 60)
SHIPYARD = """\
stages:
- name: prod
  deployment_strategy: canary
  remediation: {triggered_after: 1s, timeframe: 1s}
  evaluation: {longest: 15s}  # a machine under load shows users late where the first version is
  canary:
    steps:
    - {weight_percent: 5, hold: 1s}
    - {approval: manual}
    - {weight_percent: 25, hold: 1s}
    - {approval: manual}
    - {weight_percent: 60, hold: 1s}
    - {approval: manual}
    pin: {header: x-candidate, value: "yes", cookie: carts-version}
    fast_rollback: 2
    min_requests: 3
"""
VALUES = "service: carts\nimage: shop/carts\nhealth: /health\n"
PERFSPEC = """\
{"spec_version": "1.0",
 "indicators": [
  {"id": "errors", "source": "Envoy", "query": "error_rate",
   "grading": {"type": "Threshold", "thresholds": {"upperSevere": 1}, "metricScore": 50}},
  {"id": "slowness", "source": "Envoy", "query": "response_time_p50",
   "grading": {"type": "Threshold", "thresholds": {"upperSevere": 80}, "metricScore": 50}}],
 "objective": {"pass": 75, "warning": 60}}
"""
RUNBOOK = """\
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
metadata: {name: carts}
spec:
  remediations:
  - problemType: default
    actionsOnOpen:
    - {action: rollback, name: back}
"""
SERVER = """
import http.server, os, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        if SLOW.exists() and self.path != "/health":
            time.sleep(0.1)
        body = VERSION.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
    def log_message(self, *args): pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever(poll_interval=0.05)
"""


class Users:
    """Users who come one after the other over a few connections, without stopping: some new, some with a cookie."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc
        self.failed: list[str] = []
        self.seen: Counter[str] = Counter()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._use, daemon=True) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def count(self, requests: int, *, headers: dict[str, str] | None = None) -> Counter[str]:
        """Version to number of answers, of so many requests of new users."""
        found: Counter[str] = Counter()
        connection = http.client.HTTPConnection(self.address, timeout=30)
        for _ in range(requests):
            found[_ask(connection, headers or {})[0]] += 1
        connection.close()
        return found

    def returning(self, users: int, times: int) -> list[set[str]]:
        """The versions that each of so many users saw, who keep their cookie."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        found = []
        for _ in range(users):
            version, cookie = _ask(connection, {})
            found.append({version} | {_ask(connection, {"cookie": cookie})[0] for _ in range(times)})
        connection.close()
        return found

    def _use(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while not self._stop.wait(0.02):
            try:
                self.seen[_ask(connection, {})[0]] += 1
            except (OSError, http.client.HTTPException, AssertionError) as exc:
                self.failed.append(repr(exc))
        connection.close()


def _ask(connection: http.client.HTTPConnection, headers: dict[str, str]) -> tuple[str, str]:
    """The version that answered, and the cookie to come back with."""
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    assert answer.status == 200, (answer.status, body)
    return body, (answer.getheader("set-cookie") or "").partition(";")[0]


class Canary:
    """One stage, and what a team does with it."""

    def __init__(self, folder: Path, *, faults: str = "") -> None:
        self.folder, self.system = folder, System(folder / "state", options=("--faults", faults) if faults else ())
        self.contexts: dict[str, str] = {}
        self.users: Users | None = None

    def open(self) -> None:
        self.system.start()
        self.keptn("create", "project", PROJECT, self.file("shipyard.yaml", SHIPYARD))
        self.keptn("onboard", "service", f"--project={PROJECT}", f"--values={self.file('values.yaml', VALUES)}")
        for name, text in (("perfspec.json", PERFSPEC), ("remediation.yaml", RUNBOOK)):
            where = (f"--project={PROJECT}", f"--stage={STAGE}", f"--service={SERVICE}")
            self.keptn("add-resource", *where, f"--resource={self.file(name, text)}", f"--resourceUri={name}")

    def close(self) -> None:
        if self.users:
            self.users.stop()
        self.system.stop()

    def keptn(self, *words: str) -> str:
        return carried_out(self.system, *words)

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def push(self, tag: str) -> None:
        """Put the image there and deliver it."""
        folder = self.system.state / "images/shop/carts" / tag
        folder.mkdir(parents=True, exist_ok=True)
        slow = f"import pathlib\nSLOW = pathlib.Path({str(self.slow(tag))!r})\n"
        (folder / "Procfile").write_text("web: python3 -S server.py\n")
        (folder / "server.py").write_text(f"VERSION = {tag!r}\n{slow}{SERVER}")
        words = ("send", "event", "new-artifact", f"--project={PROJECT}", f"--service={SERVICE}", "--image=shop/carts")
        self.contexts[tag] = re.findall(r"[0-9a-f-]{36}", self.keptn(*words, f"--tag={tag}", "--no-wait"))[0]

    def slow(self, tag: str) -> Path:
        """While this file is there, the version is."""
        return self.folder / f"slow-{tag}"

    def view(self, tag: str) -> dict[str, object]:
        return self.system.get(f"v1/delivery/{self.contexts[tag]}")

    def sequence(self, tag: str, name: str = "delivery") -> dict[str, object]:
        found = [s for stage in self.view(tag)["stages"] for s in stage["sequences"] if s["sequence"] == name]
        return found[-1]

    def tasks(self, tag: str) -> list[str]:
        return [task["name"] for task in self.sequence(tag)["tasks"]]

    def at_approval(self, tag: str, number: int) -> str:
        """Wait until the delivery asks a person for the so manyth time; the approval's id."""

        def asked() -> str:
            assert not self.sequence(tag)["finished_at"], self.sequence(tag)
            tasks = [task for task in self.sequence(tag)["tasks"] if task["name"] == "approval"]
            is_open = len(tasks) == number and not tasks[-1]["finished_at"] and tasks[-1]["executors"]
            return str(tasks[-1]["id"]) if is_open else ""

        return patiently(asked, timeout_s=120, what=Lazily(lambda: f"approval {number} of {self.sequence(tag)}"))

    def approve(self, tag: str, number: int) -> None:
        self.keptn("approve", self.at_approval(tag, number))

    def ended(self, tag: str, result: str) -> None:
        over = patiently(lambda: self._over(tag), timeout_s=120, what=Lazily(lambda: f"the end of {self.view(tag)}"))
        assert over["result"] == result, over

    def _over(self, tag: str) -> dict[str, object] | None:
        view = self.view(tag)
        return view if view["state"] in ("finished", "aborted", "timedOut", "superseded") else None

    def all_is_delivered(self) -> bool:
        """The audit log has everything, then."""
        return int(httpx.get(f"{self.system.url}/health", trust_env=False).json()["deliveries"]) == 0

    def live(self) -> str:
        slot = self.system.get(f"v1/project/{PROJECT}/stage/{STAGE}/service/{SERVICE}")
        return str((slot.get("live") or {}).get("image", "")).rpartition(":")[2]

    def first(self, tag: str = "0.1") -> Users:
        """The first version: nothing to compare it with. Users come as soon as there is one."""
        self.push(tag)
        url = patiently(lambda: self._public_url(tag), what="the first step")
        self.users = Users(url)
        self.ended(tag, "pass")
        return self.users

    def _public_url(self, tag: str) -> str:
        events = self.system.events(keptnContext=self.contexts[tag])
        stepped = [e for e in events if e["type"] == "sh.keptn.event.traffic.finished"]
        deployed = [e for e in events if e["type"] == "sh.keptn.event.deployment.finished"]
        return str(deployed[0]["data"]["deployment"]["deploymentURIsPublic"][0]) if stepped and deployed else ""

    def commits(self) -> list[str]:
        repo = self.system.state / "repos" / f"{PROJECT}.git"
        words = ["git", "-C", str(repo), "log", "--format=%s", STAGE]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.fixture
def canary(request, tmp_path) -> Iterator[Canary]:
    found = Canary(tmp_path, faults=getattr(request, "param", ""))
    try:
        found.open()
        yield found
    finally:
        found.close()


def test_what_users_get(canary):
    """Shares within two points of the weights, a header that always reaches it, a cookie that keeps its version."""
    users = canary.first()
    assert canary.tasks("0.1") == ["deployment", "traffic", "evaluation", "release"]
    assert "nothing to compare it with" in canary.sequence("0.1")["promoted"]
    canary.push("0.2")
    for number, (weight, requests) in enumerate(zip(WEIGHTS, (3000, 7000, 9000), strict=True), start=1):
        canary.at_approval("0.2", number)
        seen = users.count(requests)
        assert abs(100 * seen["0.2"] / requests - weight) < 2, seen
        assert users.count(50, headers={"x-candidate": "yes"}) == {"0.2": 50}
        assert users.count(50, headers={"x-candidate": "no"})["0.1"] > 0
        assert all(len(versions) == 1 for versions in users.returning(users=200, times=3))
        canary.approve("0.2", number)
    canary.ended("0.2", "pass")
    assert users.count(100) == {"0.2": 100}
    assert not users.failed, users.failed[:3]
    assert canary.commits()[:5] == [
        "release carts 0.2 in prod",
        "give carts 0.2 60 % of prod",
        "give carts 0.2 25 % of prod",
        "give carts 0.2 5 % of prod",
        "deploy carts 0.2 to prod (canary)",
    ]


def test_every_way_off_the_path(canary):
    """A failure at step 2, an abort, a promotion, an alert, a version that was live: users never see an error."""
    users = canary.first()
    canary.push("0.2")
    canary.at_approval("0.2", 1)
    canary.slow("0.2").touch()
    canary.approve("0.2", 1)
    canary.ended("0.2", "fail")
    assert canary.tasks("0.2")[-2:] == ["traffic", "evaluation"]
    assert users.count(200) == {"0.1": 200}

    canary.push("0.3")
    canary.at_approval("0.3", 1)
    canary.keptn("abort", canary.contexts["0.3"])
    canary.ended("0.3", "fail")
    assert (users.count(200), canary.live()) == ({"0.1": 200}, "0.1")

    canary.push("0.4")
    canary.at_approval("0.4", 1)
    canary.keptn("promote", canary.contexts["0.4"], "--reason=a fix")
    canary.ended("0.4", "pass")
    assert canary.tasks("0.4")[-2:] == ["approval", "release"]
    assert users.count(200) == {"0.4": 200}

    canary.push("0.1")
    canary.ended("0.1", "pass")
    assert (canary.tasks("0.1"), users.count(200)) == (["deployment", "release"], {"0.1": 200})

    canary.push("0.5")
    canary.at_approval("0.5", 1)
    problem = {
        "type": "sh.keptn.event.prod.remediation.triggered",
        "source": "monitor",
        "id": "p",
        "specversion": "1.0",
    }
    about = {"ProblemTitle": "too slow", "PID": "p", "digest": canary.view("0.5")["digest"]}
    data = {"project": PROJECT, "stage": STAGE, "service": SERVICE, "problem": about}
    canary.keptn("send", "event", "--file", canary.file("problem.json", json.dumps({**problem, "data": data})))
    canary.ended("0.5", "fail")
    assert users.count(200) == {"0.1": 200}
    assert not users.failed, users.failed[:3]


@pytest.mark.parametrize("seed", range(int(os.environ.get("KEPTN_SOAK", "3"))))
def test_the_runtime_killed_in_the_middle(canary, seed):
    """Killed with -9 at any instant of the steps and started again: the canary goes on, and no user noticed."""
    users = canary.first()
    moment = random.Random(seed).uniform(0, 12)
    restart = threading.Timer(moment, lambda: (canary.system.kill(), canary.system.start()))
    canary.push("0.2")
    restart.start()
    try:
        for number in (1, 2, 3):
            canary.approve("0.2", number)
        canary.ended("0.2", "pass")
    finally:
        restart.cancel()
        restart.join()
    assert [name for name in canary.tasks("0.2") if name == "traffic"] == ["traffic"] * 3
    assert users.count(200) == {"0.2": 200}
    assert not users.failed, users.failed[:3]


@pytest.mark.parametrize("canary", [str(seed) for seed in range(2)], indirect=True)
def test_under_faults(canary):
    """Events twice and in any order, answers lost, functions killed: the same steps, each once."""
    users = canary.first()
    canary.push("0.2")
    for number in (1, 2, 3):
        canary.approve("0.2", number)
    canary.ended("0.2", "pass")
    patiently(canary.all_is_delivered, what="the last repeat")
    events = canary.system.events(keptnContext=canary.contexts["0.2"])
    invariants.every_task_ends_once(events)
    invariants.one_holder_per_slot(events)
    weights = [e["data"]["traffic"]["weight_percent"] for e in events if e["type"].endswith("traffic.triggered")]
    assert sorted(set(weights)) == list(WEIGHTS)
    assert users.count(200) == {"0.2": 200}
    assert not users.failed, users.failed[:3]
