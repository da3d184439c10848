"""On-demand scaling, as a whole: real functions behind the real Triggers, from the alert to the way back.

Time is simulated; every event may come twice. Nothing of it needs a cluster: the manifests are what one would get.
"""

import json
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from keptn.deployment import scaling, trailers
from keptn.events import Scope
from tests.bench.installation import Installation

PROD = Scope(project="sockshop", stage="prod", service="carts")
RUNBOOK = b"""
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
metadata: {name: carts}
spec:
  remediations:
  - problemType: Slow
    actionsOnOpen:
    - {name: Two more, action: more, executors: [{name: scale, more: 2, for: 6h}]}
  - problemType: Slower
    actionsOnOpen:
    - {name: Seven, action: scale, value: {replicas: 7, stays: 1m}}
"""


class Twice(Installation):
    """A Broker that delivers everything a second time."""

    def _deliver(self, event, trigger, failures):
        super()._deliver(event, trigger, failures)
        self._call(trigger.subscriber, event)


class Died(BaseException):
    """The process. No function may take it for a bug of its own."""


class Dying(Installation):
    """Processes die behind anything that they do: an object, a commit, a workload, a route. Who called calls again."""

    chance = 0.0

    def __init__(self, seed: int) -> None:
        self.random, self.deaths = Random(seed), 0
        super().__init__()

    def _context(self):
        made = super()._context()
        acts = {"store": ("put", "delete"), "config_repo": ("commit",), "router": ("apply",)}
        for port, methods in {**acts, "platform": ("apply", "remove")}.items():
            made._given[port] = Mortal(made._given[port], methods, self._may_die)
        return made

    def _may_die(self) -> None:
        if self.random.random() < self.chance:
            self.deaths += 1
            raise Died

    def _call(self, destination, event):
        try:
            return super()._call(destination, event)
        except Died:
            return 503, None

    def _tick(self):
        with suppress(Died):
            super()._tick()

    def _hook(self, *arguments, **named):
        while True:
            with suppress(Died):
                return super()._hook(*arguments, **named)


class Mortal:
    """An adapter behind whose methods the process may die."""

    def __init__(self, inner, methods, may_die) -> None:
        self.inner, self._methods, self._may_die = inner, methods, may_die

    def __getattr__(self, name):
        found = getattr(self.inner, name)

        def call(*arguments, **named):
            done = found(*arguments, **named)
            self._may_die()
            return done

        return call if name in self._methods else found


@pytest.fixture(params=[Installation, Twice])
def shop(request):
    """Carts 1.0.0 is live in prod with two replicas, and somebody has written a runbook."""
    yield from opened(request.param())


def opened(made: Installation):
    values = json.dumps({"service": "carts", "image": "keptn/carts", "replicas": 2}).encode()
    files = {"carts/values.yaml": values, "carts/remediation.yaml": RUNBOOK}
    made.world.config_repo.commit("sockshop", "prod", lambda _: files, message="runbook")
    with made.running():
        made.push("1.0.0")
        made.rest()
        made.clock.sleep(3600)
        yield made


def replicas(shop) -> dict[str, int]:
    """Of what runs in prod, by version."""
    workloads = shop.context.platform.workloads
    found = {one.image: scaling.bounds(one.manifests) for (scope, _), one in workloads.items() if scope == PROD}
    return {image.rpartition(":")[2]: bounds.least for image, bounds in found.items()}


def live(shop) -> str:
    (slot,) = [slot for slot in shop.slots() if slot.scope == PROD]
    return slot.live.image.rpartition(":")[2]


def scalings(shop) -> list[str]:
    """The subjects of the commits that scaled, oldest first."""
    commits = shop.world.config_repo.log("sockshop", "prod", limit=100)
    messages = [commit.message for commit in reversed(commits) if trailers.SCALING in trailers.read(commit.message)]
    return [message.partition("\n")[0] for message in messages]


def minutes(shop, number: float) -> None:
    until = shop.clock.moment + timedelta(minutes=number)
    shop.rest(until=until)
    shop.clock.move(until)


def test_more_for_the_time_of_the_problem_and_back(shop):
    """A commit, then the cluster; when the monitoring says that it is over, the same way back, once."""
    shop.alert("a", "b", "c")
    shop.rest()
    assert replicas(shop) == {"1.0.0": 4}
    shop.alert("a", "b", "c", status="resolved")
    minutes(shop, 4)
    assert replicas(shop) == {"1.0.0": 4}
    minutes(shop, 2)
    assert replicas(shop) == {"1.0.0": 2}
    assert scalings(shop) == [
        "scale carts in prod from 2 replicas to 4 replicas",
        "scale carts in prod from 4 replicas to 2 replicas",
    ]
    at_rest(shop)


def test_a_delivery_and_another_problem_in_between(shop):
    """The new version comes with its own values and as many as the problems need; nobody takes back another's."""
    shop.alert("a")
    shop.rest()
    values = json.dumps({"service": "carts", "image": "keptn/carts", "replicas": 3}).encode()
    shop.world.config_repo.commit("sockshop", "prod", lambda _: {"carts/values.yaml": values}, message="three")
    shop.push("1.1.0")
    shop.rest()
    assert (live(shop), replicas(shop)) == ("1.1.0", {"1.0.0": 4, "1.1.0": 5})
    shop.alert("b", rule="Slower")
    shop.rest()
    assert replicas(shop)["1.1.0"] == 7
    shop.alert("a", status="resolved")
    shop.rest()
    assert replicas(shop)["1.1.0"] == 7
    shop.alert("b", rule="Slower", status="resolved")
    shop.rest()
    assert (live(shop), replicas(shop)["1.1.0"]) == ("1.1.0", 3)
    at_rest(shop)


def test_a_delivery_that_runs_when_the_problem_ends_is_let_through(shop):
    """The way back waits for it, and neither undoes the other."""
    shop.alert("a")
    shop.rest()
    shop.alert("a", status="resolved")
    minutes(shop, 4.8)
    shop.push("1.1.0")  # is evaluated in prod when the five minutes are over
    shop.rest()
    assert (live(shop), replicas(shop)["1.1.0"]) == ("1.1.0", 2)
    subjects = [one.message.partition("\n")[0] for one in shop.world.config_repo.log("sockshop", "prod", limit=2)]
    assert subjects == ["scale carts in prod from 4 replicas to 2 replicas", "release carts 1.1.0 in prod"]
    at_rest(shop)


def test_a_monitoring_that_forgets(shop):
    """After its time it goes back all the same."""
    shop.alert("a")
    minutes(shop, 359)
    assert replicas(shop) == {"1.0.0": 4}
    minutes(shop, 20)
    assert replicas(shop) == {"1.0.0": 2}
    at_rest(shop)


@pytest.mark.parametrize("seed", range(8))
def test_processes_that_die_behind_anything_they_do(seed):
    """The story ends as it does without, with one commit each way."""
    for shop in opened(Dying(seed)):
        shop.chance = 0.12
        shop.alert("a")
        shop.rest()
        assert replicas(shop) == {"1.0.0": 4}
        shop.alert("a", status="resolved")
        shop.push("1.1.0")
        shop.rest()
        assert shop.deaths > 3
        assert (live(shop), replicas(shop)["1.1.0"]) == ("1.1.0", 2)
        assert [subject for subject in scalings(shop) if subject.startswith("scale")] == [
            "scale carts in prod from 2 replicas to 4 replicas",
            "scale carts in prod from 4 replicas to 2 replicas",
        ]
        shop.chance = 0.0
        minutes(shop, 25 * 60)  # stray alarms come back once
        at_rest(shop)


def at_rest(shop) -> None:
    """Nothing waits, nothing hangs, nothing was lost on the way."""
    shop.rest()
    assert not [slot for slot in shop.slots() if slot.open or slot.pending or slot.repairs or slot.alarm]
    assert not shop.counts.dead_letters
    assert not shop.store.inner.list("timers/", limit=10).names
