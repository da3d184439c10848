"""What a cluster's pods do while a bench runs, seen from outside: starts, requests and memory."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client, config
from kubernetes.watch import Watch

NAMESPACE, HELLO = "keptn", "bench-hello"
"""Of keptn's functions, and of a hello-world to compare them with."""
SERVICE = "serving.knative.dev/service"
KOURIER = {"namespace": "kourier-system", "label_selector": "app=3scale-kourier-gateway"}
REQUESTS = re.compile(rf'envoy_cluster_upstream_rq_completed{{envoy_cluster_name="{NAMESPACE}/(.+)-\d+"}} (\d+)')
LOOK_S = 2.0


@dataclass(slots=True, kw_only=True)
class Pod:
    """service: the Knative Service that it is of, empty for that of a Job. made: seconds of the epoch."""

    service: str
    made: float


@dataclass(slots=True)
class Meter:
    """What a part of the bench took. pods: those that started, functions' and Jobs'. requests: by function; those of
    retries, timers and pre-starts too. peak_bytes: of all functions at once, the highest that the kubelet noted.
    """

    pods: list[Pod] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    peak_bytes: int = 0


class Pods:
    """`watched` is around all that asks for more than who is up."""

    def __init__(self) -> None:
        config.load_kube_config()
        self._core = client.CoreV1Api()
        self._known: dict[str, Pod] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        watch = Watch()
        threading.Thread(target=self._follow, args=[watch], daemon=True).start()
        try:
            yield
        finally:
            watch.stop()

    def up(self) -> int:
        """Pods of functions and of the hello-world, those that end included."""
        listed = [self._core.list_namespaced_pod(one, label_selector=SERVICE) for one in (NAMESPACE, HELLO)]
        return sum(len(one.items) for one in listed)

    def started(self, *, since: float) -> list[Pod]:
        """keptn's, but for `api`: that is the bench itself, which asks how far things are."""
        return [pod for pod in list(self._known.values()) if pod.made >= since and pod.service != "api"]

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """`api` is left out here too."""
        meter, done = Meter(), threading.Event()
        before, began = self._requests(), time.time()
        weighing = threading.Thread(target=self._weigh, args=[meter, done], daemon=True)
        weighing.start()
        try:
            yield meter
        finally:
            done.set()
            weighing.join()
        meter.requests = self._requests() - before
        del meter.requests["api"]
        meter.pods = self.started(since=began)

    def _follow(self, watch: Watch) -> None:
        for event in watch.stream(self._core.list_namespaced_pod, NAMESPACE):
            meta = event["object"].metadata
            pod = Pod(service=(meta.labels or {}).get(SERVICE, ""), made=time.time())
            self._known.setdefault(meta.uid, pod)

    def _weigh(self, meter: Meter, done: threading.Event) -> None:
        while not done.wait(LOOK_S):
            meter.peak_bytes = max(meter.peak_bytes, self._memory())

    def _memory(self) -> int:
        """Working sets, as the kubelet sees them every ten seconds or so."""
        names = {node.metadata.name for node in self._core.list_node().items}
        stats = [self._read(self._core.connect_get_node_proxy_with_path, name, "stats/summary") for name in names]
        pods = [pod for one in stats for pod in json.loads(one)["pods"]]
        return sum(int(pod.get("memory", {}).get("workingSetBytes", 0)) for pod in pods if _is_function(pod["podRef"]))

    def _requests(self) -> Counter[str]:
        """What Knative's ingress has passed on, by function."""
        found = Counter[str]()
        for pod in self._core.list_namespaced_pod(**KOURIER).items:
            path = (f"{pod.metadata.name}:9000", KOURIER["namespace"], "stats/prometheus")
            text = self._read(self._core.connect_get_namespaced_pod_proxy_with_path, *path)
            found.update({name: int(count) for name, count in REQUESTS.findall(text)})
        assert found, "the bench counts requests at Kourier, and there is none in kourier-system"
        return found

    @staticmethod
    def _read(ask: Any, *words: str) -> str:
        return str(ask(*words, _preload_content=False).data.decode())


def _is_function(ref: dict[str, str]) -> bool:
    return ref["namespace"] == NAMESPACE and "-deployment-" in ref["name"] and not ref["name"].startswith("api-")
