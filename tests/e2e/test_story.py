"""The story on the local runtime: in peace, under faults, and killed with -9 and started again.

KEPTN_SOAK says how many seeds (`make soak`: 20).
"""

import os
import random
import threading

import pytest

from tests.e2e import invariants
from tests.e2e.sockshop import GOOD, STAGES, Sockshop

SEEDS = range(int(os.environ.get("KEPTN_SOAK", "3")))
pytestmark = pytest.mark.long
STORY_S = 40.0
"""About how long the story takes: the kill comes at a random instant of it."""


@pytest.fixture
def sockshop(request, tmp_path):
    shop = Sockshop(tmp_path, faults=getattr(request, "param", ""))
    try:
        shop.open()
        yield shop
    finally:
        shop.close()


def test_story(sockshop):
    """A good version reaches prod, a slow one is stopped in staging, a problem brings the last good one back."""
    sockshop.tell()
    came_out_as_told(sockshop)


@pytest.mark.parametrize("sockshop", [str(seed) for seed in SEEDS], indirect=True)
def test_story_under_faults(sockshop):
    """Events twice and in any order, answers lost, functions killed: the same story."""
    sockshop.tell()
    came_out_as_told(sockshop)


@pytest.mark.parametrize("seed", SEEDS)
def test_story_with_the_runtime_killed(sockshop, seed):
    """Killed with -9 at any instant and started again: the same story."""
    restart = threading.Timer(random.Random(seed).uniform(0, STORY_S), lambda: _restart(sockshop))
    restart.start()
    try:
        sockshop.tell()
    finally:
        restart.cancel()
        restart.join()
    came_out_as_told(sockshop)


def came_out_as_told(shop):
    """The outcome, and all that must hold whatever happened on the way."""
    results = {(version, stage): shop.result(version, stage) for version in ("0.1", "0.3") for stage in STAGES}
    assert all(result in GOOD for result in results.values()), results
    assert shop.result("0.2", "dev") in GOOD
    assert (shop.result("0.2", "staging"), shop.result("0.2", "prod")) == ("fail", "")
    assert shop.result("problem", "prod", "remediation") in GOOD
    live = {stage: shop.live(stage)["digest"] for stage in STAGES}
    assert live == {"dev": shop.digest("0.3"), "staging": shop.digest("0.3"), "prod": shop.digest("0.1")}
    _git_tells_it(shop)
    errors = [seen for crowd in shop.users.values() for seen in crowd.seen if seen.error]
    assert not errors, f"users saw {len(errors)} errors: {errors[:3]}"
    recorded = shop.recorded()
    invariants.every_task_ends_once(recorded)
    invariants.what_is_released_was_evaluated(recorded)
    invariants.one_holder_per_slot(recorded)
    invariants.told_once(shop.tickets.correlations, expected=1)
    invariants.told_once(shop.chat.correlations, expected=invariants.messages_for_people(recorded))


def _git_tells_it(shop):
    """The head of each branch holds what is live, and its last commit names the delivery that brought it there."""
    causes = {"dev": "0.3", "staging": "0.3", "prod": "problem"}
    for stage, version in causes.items():
        assert shop.contexts[version] in shop.git("log", "-1", "--format=%B", stage)
        state = shop.git("show", f"{stage}:carts/deployment.yaml")
        assert shop.live(stage)["digest"] in state


def _restart(shop):
    shop.system.kill()
    shop.system.start()
