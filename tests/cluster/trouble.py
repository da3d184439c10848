"""What goes wrong in a cluster, on purpose, while a story is told: pods, Broker, API server, store, a new image."""

from __future__ import annotations

import contextlib
import os
import random
import shlex
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.kubectl import kubectl

AWAY_S = 20
KILL_EVERY_S = 12.0
"""Mean time between two deletions of a function's pod."""
BROKER = ("mt-broker-ingress", "mt-broker-filter", "imc-dispatcher")


@dataclass
class Trouble:
    """A context: begins when it is entered, ends with it. told: what was done, and how many seconds after the begin."""

    seed: int = 1
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over, self._began = threading.Event(), 0.0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._pods, self._events)]

    def __enter__(self) -> Trouble:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=2 * AWAY_S + 60)

    def _pods(self) -> None:
        """Functions are deleted at random, with no time to end."""
        chance = random.Random(self.seed)
        while not self._over.wait(chance.expovariate(1 / KILL_EVERY_S)):
            with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
                pods = kubectl("-n", "keptn", "get", "pods", "-l", "serving.knative.dev/service", "-o", "name").split()
                if pods:
                    self._do(f"{(pod := chance.choice(pods))} is deleted", _delete, pod)

    def _events(self) -> None:
        for at_s, what, work in (
            (40, "the store is away", store_away),
            (110, "the API server is away", api_away),
            (180, "the Broker's pods are restarted", restart_broker),
            (250, "a new image is rolled out", roll_out),
        ):
            if self._over.wait(max(0.0, self._began + at_s - time.monotonic())):
                return
            self._do(what, work)

    def _do(self, what: str, work: Callable[..., None], *words: str) -> None:
        self.told.append(f"{time.monotonic() - self._began:.0f} s: {what}")
        work(*words)


def store_away() -> None:
    kubectl("-n", "keptn", "scale", "deployment/storage", "--replicas=0")
    time.sleep(AWAY_S)
    kubectl("-n", "keptn", "scale", "deployment/storage", "--replicas=1")


def git_away() -> None:
    kubectl("-n", "keptn", "scale", "deployment/git", "--replicas=0")
    time.sleep(AWAY_S)
    kubectl("-n", "keptn", "scale", "deployment/git", "--replicas=1")


def api_away() -> None:
    """KEPTN_API_AWAY: a command that takes the API server away for as many seconds as its last word says."""
    subprocess.run([*shlex.split(os.environ["KEPTN_API_AWAY"]), str(AWAY_S)], check=True, timeout=AWAY_S + 30)


def restart_broker() -> None:
    kubectl("-n", "knative-eventing", "rollout", "restart", *(f"deployment/{name}" for name in BROKER))


def roll_out() -> None:
    """KEPTN_NEXT_IMAGE: another name of the functions' image."""
    manifests = kubectl("kustomize", os.environ["KEPTN_OVERLAY"])
    lines = [_with_next_image(line) for line in manifests.splitlines()]
    kubectl("apply", "-f", "-", stdin="\n".join(lines))


def _with_next_image(line: str) -> str:
    indent, image, name = line.partition("image: ")
    ours = image and "/keptn:" in name
    return f"{indent}{image}{os.environ['KEPTN_NEXT_IMAGE']}" if ours else line


def _delete(pod: str) -> None:
    kubectl("-n", "keptn", "delete", pod, "--grace-period=0", "--force", "--wait=false")
