"""The system under the demo: `keptn local` as a process of its own, reached by its CLI and its api as a user would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

SOCKSHOP = Path(__file__).resolve().parent.parent
ROOT = SOCKSHOP.parent.parent
T = TypeVar("T")
ASKED_AGAIN, ASKED_AGAIN_S = 5, 0.5


class DemoError(Exception):
    """The demo cannot go on; its text says why."""


def wait_for(look: Callable[[], T], *, what: str, timeout_s: float, every_s: float = 0.2) -> T:
    """Look until something true is seen. Raises DemoError."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise DemoError(f"{what} did not happen within {timeout_s:.0f} s")
        time.sleep(every_s)
    return found


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


class System:
    """One `keptn local` with a state folder of its own. options: more of its options, e.g. `--faults`."""

    def __init__(self, state: Path, *, options: Sequence[str] = ()) -> None:
        self.state, self.port, self.options = state, _free_port(), options
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "KEPTN_HOME": str(state / "home")}
        self._process: subprocess.Popen[bytes] | None = None
        self._api: httpx.Client | None = None

    def start(self) -> None:
        command = [*_keptn(), "local", "--port", str(self.port), "--state-dir", str(self.state)]
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
        return (self.state / "runtime.json").exists() and (self.state / "home/config.json").exists()

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
        if self._api:
            self._api.close()

    def keptn(self, *words: str) -> str:
        """One command of the CLI. Raises DemoError with what it said."""
        done = subprocess.run(
            [*_keptn(), *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoError(f"keptn {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def keptn_side_by_side(self, *commands: Sequence[str]) -> None:
        """Commands that do not need each other: a script would say `&` and `wait`. Raises DemoError."""
        with ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(lambda words: self.keptn(*words), commands))

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """One question to the api, asked again where the answer was lost with the function that gave it."""
        answer = self._client().get(path, params=query)
        for _ in range(ASKED_AGAIN):
            if answer.status_code not in {502, 503}:
                break
            time.sleep(ASKED_AGAIN_S)
            answer = self._client().get(path, params=query)
        if answer.status_code != 200:
            raise DemoError(f"GET {path}: {answer.status_code} {answer.text}")
        return dict(answer.json())

    def events(self, **query: str) -> list[dict[str, Any]]:
        """Events of the audit log, all pages of one context or the newest of a project."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self.get("v1/event", pageSize="100", nextPageKey=token, **query)
            found += page["events"]
            token = page["nextPageKey"]
            if not token or "project" in query:
                return found

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

    def _client(self) -> httpx.Client:
        if self._api is None:
            config = json.loads((self.state / "home/config.json").read_text())
            headers = {"authorization": f"Bearer {config['token']}"}
            self._api = httpx.Client(base_url=config["endpoint"], headers=headers, timeout=30, trust_env=False)
        return self._api


DISTRIBUTION = "application/vnd.docker.distribution.events.v1+json"


def _keptn() -> list[str]:
    return [sys.executable, "-m", "keptn"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
