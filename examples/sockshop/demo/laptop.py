"""The story's world on a laptop: `keptn local`, a folder of images, Envoy's access log, servers on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from examples.sockshop.demo import pushes
from examples.sockshop.demo.api import ROOT, SOCKSHOP, Api, DemoError
from examples.sockshop.demo.endpoints import Endpoint
from examples.sockshop.demo.system import System, to_the_end
from examples.sockshop.demo.world import PROBLEMS_TOKEN, PROJECT, SERVICE, TICKETS_TOKEN, Files, Pace

_RESOURCES = (
    (SOCKSHOP / "gates/dev.json", "perfspec.json", ("dev",)),
    (SOCKSHOP / "perfspec.json", "perfspec.json", ("staging", "prod")),
    (SOCKSHOP / "tests/functional.yaml", "tests/functional.yaml", ("dev",)),
    (SOCKSHOP / "tests/performance.js", "tests/performance.js", ("staging",)),
    (SOCKSHOP / "remediation.yaml", "remediation.yaml", ("prod",)),
)
FILES = Files(
    shipyards={"blue_green": SOCKSHOP / "shipyard.yaml", "canary": SOCKSHOP / "shipyard-canary.yaml"},
    values=SOCKSHOP / "values_carts.yaml",
    resources={
        "blue_green": _RESOURCES,
        "canary": (*_RESOURCES, (SOCKSHOP / "values_carts-canary.yaml", "values.yaml", ("prod",))),
    },
)
PACE = Pace(crowds={"staging": (1, 5.0), "prod": (5, 16.0)}, delivery_s=300.0, problem_s=120.0)


class Laptop:
    """All of it below one folder."""

    def __init__(self, state: Path) -> None:
        self.system = System(state)
        self.api: Api = self.system
        self.files, self.pace, self.pinned = FILES, PACE, dict[str, str]()
        self.tickets, self.chat = Endpoint(name="servicenow", token=TICKETS_TOKEN), Endpoint(name="chat")
        self._monitor: subprocess.Popen[bytes] | None = None
        self._token = ""

    def open(self) -> str:
        self.system.start()
        return f"keptn local is up; watch it in a browser (the link signs in, once):\n{self.system.bridge}"

    def connect(self, hook: Mapping[str, Any]) -> None:
        self._token = str(hook["token"])
        command = [sys.executable, str(SOCKSHOP / "monitor.py")]
        command += ["--log", str(self.system.state / "envoy/access.log"), "--project", PROJECT, "--stage", "prod"]
        command += ["--service", SERVICE, "--url", f"{self.system.url}/functions/receive-problem"]
        environment = {**self.system.environment, "MONITOR_TOKEN": PROBLEMS_TOKEN}
        with (self.system.state / "monitor.log").open("ab") as log, to_the_end():
            self._monitor = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def push(self, code: str, tag: str) -> str:
        pushes.put(SOCKSHOP / "carts", code, images=self.system.state / "images", tag=tag)
        answer = self.system.notify(pushes.notification(tag), token=self._token)
        if not answer["accepted"]:
            raise DemoError(f"carts:{tag} was ignored: {answer['ignored']}")
        return str(answer["accepted"][0]["keptnContext"])

    def visit(self, url: str) -> tuple[str, Mapping[str, str]]:
        return url, {}

    def log(self, branch: str) -> list[str]:
        repo = self.system.state / "repos" / f"{PROJECT}.git"
        done = subprocess.run(
            ["git", "-C", str(repo), "log", "--format=%h %s", branch], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    def close(self) -> None:
        with ExitStack() as stack:  # whatever one of them says, the others are stopped
            for stop in (self.chat.stop, self.tickets.stop, self.system.stop):
                stack.callback(stop)
            if self._monitor:
                self._monitor.terminate()
                self._monitor.wait(timeout=10)
