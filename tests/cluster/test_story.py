"""The talk's story on a real Kubernetes with a real Knative, as `make cluster-demo` tells it; judged from outside."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from examples.sockshop.demo.checks import Story, checks_of, steps_of_switch
from examples.sockshop.demo.cluster import Addresses, Cluster, kubectl
from examples.sockshop.demo.screen import Screen
from examples.sockshop.demo.story import Play
from tests.cluster.trouble import Trouble
from tests.e2e import invariants

pytestmark = pytest.mark.cluster
ZERO_S = 300.0
"""Knative's default windows are 60 s of nothing and 30 s of grace; the last timer of a story is minutes away."""


@pytest.fixture
def play(request, installation, tmp_path: Path) -> Iterator[Play]:
    told = Play(Cluster(tmp_path, Addresses.read(os.environ)), Screen(), strategy=request.param)
    try:
        yield told
    finally:
        told.close()


@pytest.mark.parametrize("play", ["blue_green", pytest.param("canary", marks=pytest.mark.long)], indirect=True)
def test_the_story_comes_out_as_told(play):
    play.set_the_scene()
    story = play.tell()
    came_out_as_told(play, story)
    at_rest(pods)  # the ticket waits for the problem's end, a day at most: its PingSource wakes nobody before


@pytest.mark.long
@pytest.mark.parametrize("play", ["blue_green"], indirect=True)
def test_the_story_comes_out_the_same_whatever_goes_wrong(play):
    """What the in-memory Broker loses with its pods comes back by outbox and alarms; the rest is told here."""
    play.set_the_scene()
    with Trouble() as trouble:
        try:
            story = play.tell()
        finally:
            print("\n".join(trouble.told))
    came_out_as_told(play, story)
    at_rest(pods)


def came_out_as_told(play: Play, story: Story) -> None:
    """The demo's own checks, and what must hold after any story."""
    wrong = [what for what, check in checks_of(play.strategy) if not check(story)]
    assert not wrong, "\n".join([*wrong, *map(str, steps_of_switch(story)), *story.prod_log])
    recorded = [event for delivery in story.deliveries.values() for event in delivery.events]
    invariants.every_task_ends_once(recorded)
    invariants.what_is_released_was_evaluated(recorded, without_gate=["dev"])
    invariants.one_holder_per_slot(recorded)
    invariants.told_once(play.world.tickets.correlations, expected=1)


def at_rest(running: Callable[[], list[str]]) -> None:
    """Scaled to zero: no pod of a function."""
    deadline = time.monotonic() + ZERO_S
    while left := running():
        assert time.monotonic() < deadline, f"still there {ZERO_S:g} s after the story: {', '.join(left)}"
        time.sleep(2)


def pods() -> list[str]:
    """Those of functions that run or end; a Job's that is over is no more than its log."""
    found = json.loads(kubectl("-n", "keptn", "get", "pods", "-l", "serving.knative.dev/service", "-o", "json"))
    return [pod["metadata"]["name"] for pod in found["items"]]
