"""Fifty services that are made of one image, which is pushed: fifty deliveries begin at once."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from examples.sockshop.demo.cluster import kubectl, secret
from keptn.events import utc
from keptn.projects.hook_tokens import EVERY_SERVICE
from tests.bench.on_cluster import OnCluster, opened
from tests.bench.row import Row

PROJECT, IMAGE, SERVICES = "bench-fifty", "bench/fifty", 50
SHIPYARD = "stages: [{name: dev, deployment_strategy: direct, evaluation: none, remediation_strategy: none}]\n"


def rows() -> Iterator[Row]:
    services = {f"s{number:02}": IMAGE for number in range(SERVICES)}
    with opened() as cluster, cluster.project(PROJECT, SHIPYARD, services), _token(cluster) as token:
        before, refused = cluster.dead_letters(), _refused()
        cluster.at_zero()
        with cluster.hearing_pushes(PROJECT, "s00", token=token), cluster.pods.metered() as meter:
            cluster.push(IMAGE, uuid.uuid4().hex)
            deliveries = cluster.delivered(PROJECT, number=SERVICES)
        taken_s = _taken_s(deliveries)
        yield Row(what=f"{SERVICES} services pushed at once: seconds until all are delivered", measured=taken_s)
        yield Row(what="  deliveries per minute", measured=SERVICES / taken_s * 60)
        yield Row(what="  dead letters", measured=len(cluster.dead_letters() - before), budget=0)
        yield Row(what="  pods that found no room", measured=len(_refused() - refused), budget=0)
    started = Counter(pod.service or "a Job" for pod in meter.pods)
    yield Row(what="  pods of functions started for it", measured=started.total())
    yield Row(what="  of one function, at most", measured=max(started.values()))
    yield Row(what="  requests to functions for it", measured=meter.requests.total())
    yield Row(what="  memory of all functions, at its peak, MiB", measured=meter.peak_bytes // 2**20)


def _taken_s(deliveries: Sequence[Mapping[str, Any]]) -> float:
    return (max(utc(d["finished_at"]) for d in deliveries) - min(utc(d["time"]) for d in deliveries)).total_seconds()


def _refused() -> set[str]:
    found = json.loads(kubectl("get", "events", "-A", "--field-selector=reason=FailedScheduling", "-o", "json"))
    ours = ("keptn", f"{PROJECT}-dev")
    return {one["metadata"]["uid"] for one in found["items"] if one["metadata"]["namespace"] in ours}


@contextmanager
def _token(cluster: OnCluster) -> Iterator[str]:
    """One that is of all services."""
    if EVERY_SERVICE in cluster.api.keptn("get", "secret").split():
        yield secret(EVERY_SERVICE, "token").split()[0]
        return
    made = uuid.uuid4().hex
    cluster.api.keptn("create", "secret", EVERY_SERVICE, f"--from-literal=token={made}")
    try:
        yield made
    finally:
        cluster.api.keptn("delete", "secret", EVERY_SERVICE, "--yes")
