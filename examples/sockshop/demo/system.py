"""The system under the demo: `keptn local` as a process of its own, reached by its CLI and its api as a user would."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from examples.sockshop.demo.api import KEPTN, ROOT, SOCKSHOP, Api, DemoError, wait_for


@contextmanager
def to_the_end() -> Iterator[None]:
    """Ctrl-C and its like wait until the block is done: a process that begins in it is known, so it can be ended.

    They interrupt the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda one, _: received.append(one)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in received:
        signal.raise_signal(number)


class System(Api):
    """One `keptn local` with a state folder of its own. options: more of its options, e.g. `--faults`."""

    def __init__(self, state: Path, *, options: Sequence[str] = ()) -> None:
        self.state, self.port, self.options = state, _free_port(), options
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(state / "home")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*KEPTN, "local", "--port", str(self.port), "--state-dir", str(self.state)]
        extension = SOCKSHOP / "extension"
        command += [
            "--functions",
            str(extension / "functions"),
            "--manifests",
            str(extension / "knative"),
            *self.options,
        ]
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "keptn-local.log").open("ab") as log, to_the_end():
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._is_up, what="the start of keptn local", timeout_s=120)

    def _is_up(self) -> bool:
        if self._process and self._process.poll() is not None:
            raise DemoError(f"keptn local ended at once; see {self.state / 'keptn-local.log'}")
        is_said = "/enter?ticket=" in (self.state / "keptn-local.log").read_text()
        return is_said and (self.state / "runtime.json").exists() and (self.state / "home/config.json").exists()

    @property
    def bridge(self) -> str:
        """The link that `keptn local` printed: it signs a browser in, once."""
        found = re.findall(r"http://\S+/enter\?ticket=\S+", (self.state / "keptn-local.log").read_text())
        return found[-1] if found else f"{self.url}/functions/bridge/"

    def kill(self) -> None:
        """Kill -9: the runtime learns nothing of it. `start` brings it back on the same state."""
        if self._process:
            self._process.kill()
            self._process.wait()
        (self.state / "runtime.json").unlink(missing_ok=True)

    def stop(self) -> None:
        """Ctrl-C for the runtime: it takes functions, workloads and Envoy with it."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self.hang_up()

    def notify(self, notification: Mapping[str, Any], *, token: str) -> dict[str, Any]:
        """What a registry does after a push."""
        headers = {"authorization": f"Bearer {token}", "content-type": DISTRIBUTION}
        answer = httpx.post(
            f"{self.url}/functions/receive-artifact",
            content=json.dumps(notification),
            headers=headers,
            timeout=30,
            trust_env=False,
        )
        if answer.status_code != 202:
            raise DemoError(f"receive-artifact: {answer.status_code} {answer.text}")
        return dict(answer.json())


DISTRIBUTION = "application/vnd.docker.distribution.events.v1+json"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
