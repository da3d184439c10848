"""What runs while a person thinks: nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

from examples.sockshop.demo.api import wait_for
from tests.bench.on_cluster import opened
from tests.bench.row import Row

PROJECT, SERVICE, IMAGE = "bench-approval", "carts", "bench/carts"
SHIPYARD = """\
stages:
- name: dev
  deployment_strategy: direct
  approval_strategy: {pass: manual, warning: manual}
  evaluation: none
  remediation_strategy: none
"""
WATCHED_S = 300.0
ASKED = "sh.keptn.event.approval.triggered"


def rows() -> Iterator[Row]:
    with (
        opened() as cluster,
        cluster.project(PROJECT, SHIPYARD, {SERVICE: IMAGE}),
        cluster.hearing_pushes(PROJECT, SERVICE),
    ):
        cluster.push(IMAGE, "approval")
        wait_for(
            lambda: cluster.api.events(project=PROJECT, type=ASKED),
            what="the question for an approval",
            timeout_s=120.0,
            every_s=1.0,
        )
        began = last = time.monotonic()
        while (now := time.monotonic()) < began + WATCHED_S:
            last = now if cluster.pods.up() else last
            time.sleep(1)
        left = cluster.pods.up()
    yield Row(what="an approval waits: seconds until no pod of ours is left for good", measured=last - began)
    yield Row(what="  pods of ours five minutes after the question", measured=left, budget=0)
