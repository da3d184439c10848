"""A push with everything at zero pods, against one cold start of a hello-world on the same cluster; and then warm."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, pairwise
from urllib.parse import urlsplit

import httpx

from examples.sockshop.demo.api import SOCKSHOP
from examples.sockshop.demo.cluster import kubectl
from keptn.events import utc
from tests.bench import pods
from tests.bench.bench_functions import HELLO
from tests.bench.on_cluster import Commit, OnCluster, opened
from tests.bench.pods import Meter, Pod
from tests.bench.row import Row

PROJECT, SERVICE, IMAGE = "bench-delivery", "carts", "bench/carts"
SHIPYARD = """\
stages:
- {name: dev, deployment_strategy: dark, test_strategy: functional, evaluation: optional, remediation_strategy: none}
- {name: staging, deployment_strategy: shadow, evaluation: none, remediation_strategy: none}
- {name: prod, deployment_strategy: blue_green, evaluation: none, remediation_strategy: none}
"""
ROUNDS = 3
ON_THE_WAY = ("receive-artifact", "orchestrate", "deploy")
"""Those without whom there is no commit."""


def rows() -> Iterator[Row]:
    with opened() as cluster, _hello(cluster) as host, cluster.project(PROJECT, SHIPYARD, {SERVICE: IMAGE}):
        tests = (f"--resource={SOCKSHOP / 'tests/functional.yaml'}", "--resourceUri=tests/functional.yaml")
        cluster.api.keptn("add-resource", f"--project={PROJECT}", f"--service={SERVICE}", "--stage=dev", *tests)
        with cluster.hearing_pushes(PROJECT, SERVICE):
            dev, numbers = Commit(f"{PROJECT}-dev"), count(1)
            _push(cluster, dev, next(numbers))  # a first version has nothing beside it
            rest_s = [cluster.at_zero()]
            with cluster.pods.metered() as meter:  # in a round of its own: a kubelet that is asked is busy
                _push(cluster, dev, next(numbers))
            rest_s.append(cluster.at_zero())
            hello_s, cold_s, warm_s, in_sequence = [], [], [], []
            for _ in range(ROUNDS):
                hello_s.append(_cold_start(cluster, host))
                began = time.time()
                cold_s.append(_push(cluster, dev, next(numbers)))
                in_sequence.append(_in_sequence(cluster.pods.started(since=began), apart_s=hello_s[-1] / 2))
                began = time.time()
                warm_s.append(_push(cluster, dev, next(numbers)))
                assert not _on_the_way(cluster.pods.started(since=began)), "a delivery was to be warm, and was not"
                rest_s.append(cluster.at_zero())
    hello, cold, warm = map(statistics.median, (hello_s, cold_s, warm_s))
    yield Row(what="cold start of a hello-world Service, seconds", measured=hello)
    yield Row(what="all at zero: push to the commit of the deployment, seconds", measured=cold)
    yield Row(what="  against the hello-world, ratio", measured=cold / hello, budget=4)
    yield Row(what="  cold starts one after the other, at most", measured=max(in_sequence), budget=2)
    yield Row(what="all warm: push to the commit of the deployment, seconds", measured=warm)
    yield Row(what="  against the cold start of the hello-world, ratio", measured=warm / hello)
    yield from _taken(meter)
    yield Row(
        what="seconds until no pod of ours is left, after the last event, at most", measured=max(rest_s), budget=300
    )


def _taken(meter: Meter) -> Iterator[Row]:
    """Of one delivery through three stages from zero."""
    yield Row(what="pods that a delivery through three stages starts", measured=len(meter.pods))
    yield Row(
        what="requests to functions for it, timers, pre-starts, retries included", measured=meter.requests.total()
    )
    for name, number in sorted(meter.requests.items()):
        yield Row(what=f"  of {name}", measured=number)
    yield Row(what="memory of all functions, at its peak, MiB", measured=meter.peak_bytes // 2**20)


def _push(cluster: OnCluster, dev: Commit, number: int) -> float:
    """Seconds from when the registry had the image, by its own word, to the commit; then the delivery is awaited.

    The api is not asked before: it would be up.
    """
    with dev.awaited() as seen:
        cluster.push(IMAGE, f"0.{number}")
        committed = seen()
    cluster.delivered(PROJECT, number=number)
    (newest, *_) = cluster.api.events(project=PROJECT, type="sh.keptn.event.dev.delivery.triggered")
    return committed - utc(newest["keptnsendertime"]).timestamp()


def _in_sequence(found: Sequence[Pod], *, apart_s: float) -> int:
    """Starts on the way to the commit that did not begin side by side."""
    moments = sorted(pod.made for pod in _on_the_way(found))
    return 1 + sum(later - earlier > apart_s for earlier, later in pairwise(moments))


def _on_the_way(found: Sequence[Pod]) -> list[Pod]:
    return [pod for pod in found if pod.service in ON_THE_WAY]


@contextmanager
def _hello(cluster: OnCluster) -> Iterator[str]:
    """A Service of functions-framework and nothing else, in the container of a step of ours; its host name."""
    step = json.loads(kubectl("-n", "keptn", "get", "ksvc", "deploy", "-o", "json"))
    spec = step["spec"]["template"]["spec"]
    container = {key: spec["containers"][0][key] for key in ("image", "resources", "securityContext", "volumeMounts")}
    container["command"] = ["functions-framework", "--source=/hello/main.py", "--target=handle"]
    container["env"] = [{"name": "HOME", "value": "/tmp"}]
    container["volumeMounts"] += [{"name": "hello", "mountPath": "/hello"}]
    volumes = [*spec["volumes"], {"name": "hello", "configMap": {"name": "hello"}}]
    kinds = [
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"main.py": HELLO}},
        {
            "apiVersion": step["apiVersion"],
            "kind": step["kind"],
            "spec": {"template": {"spec": {"containers": [container], "volumes": volumes, "timeoutSeconds": 10}}},
        },
    ]
    named = [{**one, "metadata": {"name": "hello", "namespace": pods.HELLO}} for one in kinds]
    kubectl("create", "namespace", pods.HELLO)
    try:
        kubectl(
            "apply",
            "-f",
            str(cluster.file("hello.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": named}))),
        )
        kubectl("-n", pods.HELLO, "wait", "--for=condition=Ready", "ksvc/hello", "--timeout=120s")
        url = kubectl("-n", pods.HELLO, "get", "ksvc", "hello", "-o", "jsonpath={.status.url}")
        yield urlsplit(url).netloc
    finally:
        kubectl("delete", "namespace", pods.HELLO)


def _cold_start(cluster: OnCluster, host: str) -> float:
    with httpx.Client(trust_env=False, timeout=60) as client:
        begin = time.perf_counter()
        client.get(cluster.at.ingress, headers={"host": host}).raise_for_status()
        return time.perf_counter() - begin
