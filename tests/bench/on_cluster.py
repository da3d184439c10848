"""The installation in the cluster that KUBECONFIG names, as the benches use it: by its CLI, its registry and its Git.

Needs what `make cluster-demo` needs (docs/cluster.md), and a cluster in which nothing else goes on meanwhile. Knative's
windows are its defaults while a bench runs.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import quote

from kubernetes import client
from kubernetes.watch import Watch

from examples.sockshop.demo.api import SOCKSHOP, Api, wait_for
from examples.sockshop.demo.cluster import Addresses, forget_project, kubectl, log_in, push_image, tell
from tests.bench.pods import Pods

WINDOWS = {"stable-window": "60s", "scale-to-zero-grace-period": "30s"}
"""Knative's defaults. Source: knative/serving, config/core/configmaps/autoscaler.yaml."""
VALUES = """\
service: SERVICE
image: {repository: IMAGE}
health: /health
env: {HOST: 0.0.0.0, ORDER_BLOCK: "1500"}
resources:
  requests: {cpu: 1m, memory: 16Mi}
  limits: {memory: 128Mi}
"""
ZERO_S, DELIVERY_S, COMMIT_S = 400.0, 900.0, 120


class OnCluster:
    def __init__(self, folder: Path) -> None:
        self.folder, self.at, self.api, self.pods = folder, Addresses.read(os.environ), Api(folder / "home"), Pods()
        log_in(self.api, ingress=self.at.ingress)

    @contextmanager
    def project(self, name: str, shipyard: str, services: Mapping[str, str]) -> Iterator[None]:
        """With services, each with the repository of its image below the registry; its namespaces go with it."""
        forget_project(self.api, name)
        self.api.keptn("create", "project", name, str(self.file(f"{name}.yaml", shipyard)))
        try:
            self.api.keptn_side_by_side(*(self._onboard(name, *service) for service in services.items()))
            yield
        finally:
            forget_project(self.api, name)

    @contextmanager
    def hearing_pushes(self, project: str, service: str, *, token: str = "") -> Iterator[None]:
        """token: of other services too. A registry posts for ever what a hook refuses: it is told to stop in time."""
        hook = self.api.get(f"v1/project/{project}/service/{service}/hook")
        tell(self.at.registry_hook, f"{hook['url']}?token={quote(token or hook['token'])}")
        try:
            yield
        finally:
            tell(self.at.registry_hook, "")

    def push(self, image: str, tag: str) -> None:
        """Of carts, with a content of its own."""
        carts = SOCKSHOP / "carts"
        files = {
            "main.py": carts / "server.py",
            "shop.py": carts / "0.1/shop.py",
            "made": self.file("made", str(uuid.uuid4())),
        }
        push_image(self.at, f"{self.at.registry}/{image}:{tag}", files)

    def delivered(self, project: str, *, number: int = 1) -> Sequence[Mapping[str, Any]]:
        """The deliveries of a project, once there are so many and none is under way."""

        def look() -> Sequence[Mapping[str, Any]]:
            found = self.api.get("v1/delivery", project=project, pageSize="100")["deliveries"]
            return found if len(found) >= number and all(one["finished_at"] for one in found) else ()

        found = wait_for(look, what=f"the end of {number} deliveries", timeout_s=DELIVERY_S, every_s=2.0)
        assert all(one["result"] == "pass" for one in found), [one for one in found if one["result"] != "pass"]
        return found

    def at_zero(self) -> float:
        """Seconds until no function has a pod."""
        began = time.monotonic()
        wait_for(lambda: not self.pods.up(), what="the end of all pods", timeout_s=ZERO_S, every_s=1.0)
        return time.monotonic() - began

    def dead_letters(self) -> set[str]:
        return {letter["id"] for letter in self.api.get("v1/dead-letter", pageSize="100")["deadLetters"]}

    def _onboard(self, project: str, service: str, image: str) -> tuple[str, ...]:
        values = VALUES.replace("SERVICE", service).replace("IMAGE", f"{self.at.registry}/{image}")
        return "onboard", "service", f"--project={project}", f"--values={self.file(f'{service}.yaml', values)}"

    def file(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text)
        return file


@contextmanager
def opened() -> Iterator[OnCluster]:
    with tempfile.TemporaryDirectory() as folder, default_windows():
        made = OnCluster(Path(folder))
        with made.pods.watched():
            try:
                yield made
            finally:
                made.api.hang_up()


@contextmanager
def default_windows() -> Iterator[None]:
    """Of Knative's autoscaler, whatever this cluster is set to."""
    config = ("-n", "knative-serving", "configmap", "config-autoscaler")
    before = json.loads(kubectl("get", *config, "-o", "json")).get("data", {})
    _patch({"data": WINDOWS}, *config)
    try:
        yield
    finally:
        _patch({"data": {key: before.get(key) for key in WINDOWS}}, *config)


def _patch(change: Mapping[str, Any], *what: str) -> None:
    kubectl("patch", *what, "--type=merge", "--patch", json.dumps(change))


class Commit:
    """When the deployment of a push was committed, seen from what follows a commit at once: the workload is applied.

    A branch that is asked again and again would take a good part of the cores on which everything starts.
    """

    def __init__(self, namespace: str) -> None:
        self._apps, self._namespace = client.AppsV1Api(), namespace
        self._seen = Queue[float]()

    @contextmanager
    def awaited(self) -> Iterator[Callable[[], float]]:
        """Around a push; what it yields waits, and gives seconds of the epoch."""
        before = self._apps.list_namespaced_deployment(self._namespace)
        known = {one.metadata.uid: one.metadata.generation for one in before.items}
        threading.Thread(target=self._follow, args=[before.metadata.resource_version, known], daemon=True).start()
        yield lambda: self._seen.get(timeout=COMMIT_S)

    def _follow(self, since: str, known: Mapping[str, int]) -> None:
        ask, within = self._apps.list_namespaced_deployment, {"resource_version": since, "timeout_seconds": COMMIT_S}
        for event in Watch().stream(ask, self._namespace, **within):
            meta = event["object"].metadata
            if event["type"] != "DELETED" and known.get(meta.uid) != meta.generation:
                self._seen.put(time.time())
                return
