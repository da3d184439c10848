"""What pages of the bridge cost: rounds of reads one after another, and nothing that grows with history."""

from __future__ import annotations

import threading

import pytest

from tests.bridge_world import shop
from tests.world import TOKEN

SIGNED_IN = 1
"""The round that says who is signed in."""


class Rounds:
    """Counts reads that did not begin while another one ran: rounds, as a far store feels them."""

    def __init__(self, store) -> None:
        self.store, self.rounds, self.reads, self._running = store, 0, 0, 0
        self._lock, self._begun = threading.Lock(), threading.Event()

    def _read(self, call):
        with self._lock:
            self.reads += 1
            self.rounds += not self._running
            self._running += 1
        self._begun.wait(0.2)  # as long as a far store takes: all that is asked side by side has begun
        try:
            return call()
        finally:
            with self._lock:
                self._running -= 1

    def get(self, name):
        return self._read(lambda: self.store.get(name))

    def list(self, prefix, **given):
        return self._read(lambda: self.store.list(prefix, **given))

    def __getattr__(self, name):
        return getattr(self.store, name)


class Forwarding:
    """An adapter, some of whose methods are others."""

    def __init__(self, inner, **methods) -> None:
        self._inner = inner
        self.__dict__.update(methods)

    def __getattr__(self, name):
        return getattr(self._inner, name)


@pytest.fixture(scope="module")
def made():
    found = shop()
    with found.running():
        yield found


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/", 3),
        ("/project/webshop", 2),
        ("/project/webshop/deliveries", 3),
        ("/delivery/{}", 2),
        ("/approvals", 2),
        ("/counts", 2),
        ("/project/webshop/audit", 3),
        ("/project/webshop/audit?by=ann", 3),
        ("/project/webshop/evaluations", 3),
        ("/project/webshop/stage/dev/service/basket/evaluation", 2),
    ],
)
def test_a_page_is_a_few_rounds(made, path, most):
    """Lists three, others two; the first has who is signed in before them."""
    context = made.call("GET", "/v1/delivery?project=webshop")["deliveries"][0]["context"]
    browser = made.signed_in()
    browser.open("/")
    given = made.context._given
    counting = Rounds(given["store"])
    made.context.store, before = counting, made.context.store
    try:
        page = browser.open(path.format(context))
    finally:
        made.context.store = before
    assert page.status == 200 and counting.reads > most
    assert counting.rounds <= most + SIGNED_IN


def test_what_is_old_costs_nothing(made):
    """The page of projects reads the newest of each, however many there are."""
    browser = made.signed_in(TOKEN)

    def reads():
        counting = Rounds(made.context._given["store"])
        made.context.store, before = counting, made.context.store
        browser.open("/")
        made.context.store = before
        return counting.reads

    reads()
    before = reads()
    for number in range(10):
        made.call("POST", "/v1/delivery", {"image": "acme/frontend:2.0.0", "project": "webshop", "stage": "dev"})
        made.go_on(1 + number)
    assert reads() <= before + 10


def test_a_page_understands_no_gate_files(made):
    """Of a hundred services they take a second, and no page shows them."""
    read, repo = [], made.context._given["config_repo"]

    def tree(*given, **named):
        found = repo.tree(*given, **named)
        return Forwarding(found, read=lambda path: (read.append(path), found.read(path))[1])

    made.context.config_repo = Forwarding(repo, tree=tree)
    try:
        for page in ("", "/start", "/audit", "/problems", "/shipyard"):
            assert made.signed_in().open(f"/project/webshop{page}").status == 200
    finally:
        made.context.config_repo = repo
    assert set(read) == {"shipyard.yaml"}
