"""What a page of deliveries costs: rounds of reads side by side, whatever the history behind it."""

import itertools
import threading
from datetime import timedelta

import pytest

from keptn import context
from keptn.adapters.store.memory import MemoryStore
from keptn.adapters.store.sqlite import SqliteStore
from keptn.context import Context
from keptn.events import Scope
from keptn.orchestration import execution_documents
from keptn.sequence.slot import Execution, Rank
from tests.world import error, issue

MOST_LISTS, MOST_READS, MOST_ROUNDS = 21, 80, 3
RUNS = (("dev", "delivery"), ("staging", "delivery"), ("prod", "delivery"), ("prod", "rollback"))


class CountingStore:
    """Notes what is read, in order, but for the token, which is before all.

    Two reads of a round must meet, or the test fails: they run side by side.
    """

    reads_at_once = 80

    def __init__(self, store) -> None:
        self.store, self.reads, self.meeting = store, [], threading.Barrier(2, timeout=30)
        self.put = store.put
        issue(store)

    def get(self, name):
        if name.startswith("token"):
            return self.store.get(name)
        self.reads.append(("get", name.partition("/")[0]))
        self.meeting.wait()
        return self.store.get(name)

    def list(self, prefix, **given):
        self.reads.append(("list", prefix.partition("/")[0]))
        if prefix.startswith("executions/"):
            self.meeting.wait()
        return self.store.list(prefix, **given)

    def rounds(self):
        """(what, where, how often), in order."""
        return [(*kind, len(list(same))) for kind, same in itertools.groupby(self.reads)]


def deliver(store, now, count, *, service="carts", project="sockshop", first=0):
    """Deliveries that ran through three stages and were rolled back, a minute apart."""
    for number in range(first, first + count):
        begun = now + timedelta(minutes=number)
        for stage, sequence in RUNS:
            execution = Execution(
                id=f"{number}-{stage}-{sequence}",
                context=f"{service}-{number}",
                sequence=sequence,
                shipyard="",
                rank=Rank.ORDINARY,
                triggered_at=begun,
                root_time=begun,
                ended="finished",
                ended_at=begun,
                result="pass",
                status="succeeded",
            )
            scope = Scope(project=project, stage=stage, service=service)
            execution_documents.write(store, execution, scope=scope, revision=1)


def shown(response):
    return [view["context"] for view in response.json["deliveries"]]


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.sqlite")


@pytest.fixture
def reading(world, store):
    """The api on a store that counts."""
    counting = CountingStore(store)
    given = {"secrets": world.secrets, "config_repo": world.config_repo, "clock": world.clock}
    with context.using(Context(world.context.settings, store=counting, **given)):
        yield counting


def test_a_page_costs_a_page(api, world, store, reading):
    """Twenty deliveries of thirty: three rounds, each side by side."""
    deliver(store, world.clock.now(), 30)
    page = api("GET", "/v1/delivery?project=sockshop&pageSize=20")
    assert shown(page) == [f"carts-{number}" for number in range(29, 9, -1)]
    assert reading.rounds() == [("list", "deliveries", 1), ("list", "executions", 20), ("get", "executions", 80)]
    costs = {what: sum(n for kind, _, n in reading.rounds() if kind == what) for what in ("list", "get")}
    assert costs["list"] <= MOST_LISTS
    assert costs["get"] <= MOST_READS
    assert len(reading.rounds()) <= MOST_ROUNDS
    rest = api("GET", f"/v1/delivery?project=sockshop&pageSize=20&nextPageKey={page.json['nextPageKey']}")
    assert shown(rest) == [f"carts-{number}" for number in range(9, -1, -1)]
    assert rest.json["nextPageKey"] == ""


def test_a_services_page_is_full(api, world, store, reading):
    """Deliveries of others in between cost nothing and take no place."""
    deliver(store, world.clock.now(), 4)
    deliver(store, world.clock.now(), 50, service="orders", first=10)
    assert shown(api("GET", "/v1/delivery?project=sockshop&service=carts&pageSize=2")) == ["carts-3", "carts-2"]
    assert reading.rounds()[0] == ("list", "deliveries", 1)
    assert sum(n for *_, n in reading.rounds()) == 1 + 2 + 8


def test_the_newest_of_all_projects_are_merged(api, world, store, reading):
    """Without a project: as many lists as projects, then one page."""
    world.with_sockshop("other")
    deliver(store, world.clock.now(), 2)
    deliver(store, world.clock.now(), 2, service="orders", project="other", first=2)
    assert shown(api("GET", "/v1/delivery")) == ["orders-3", "orders-2", "carts-1", "carts-0"]
    assert shown(api("GET", "/v1/delivery?pageSize=2")) == ["orders-3", "orders-2"]
    assert reading.rounds()[0] == ("list", "deliveries", 2)
    assert "say a project" in error(api("GET", "/v1/delivery?nextPageKey=x"))
