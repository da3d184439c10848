"""What pages of the bridge cost: rounds of reads one after another, and nothing that grows with history."""

from __future__ import annotations

import threading

import pytest

from keptn import context
from tests import bridge_past
from tests.bridge_past import Past
from tests.bridge_world import shop
from tests.browser import Browser
from tests.world import TOKEN, World

SIGNED_IN = 1
"""The round that says who is signed in."""


class Rounds:
    """Counts reads that did not begin while another one ran: rounds, as a far store feels them."""

    reads_at_once = 80

    def __init__(self, store, *, away_s: float = 0.2) -> None:
        self._away_s = away_s
        self.store, self.rounds, self.reads, self._running = store, 0, 0, 0
        self._lock, self._begun = threading.Lock(), threading.Event()

    def _read(self, call):
        with self._lock:
            self.reads += 1
            self.rounds += not self._running
            self._running += 1
        self._begun.wait(self._away_s)  # as long as a far store takes: all that is asked side by side has begun
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


def cost(browser, path, ctx, most):
    """What a page costs. Too many rounds may be a busy machine's, whose reads begin late: then it is more patient."""
    before = ctx.store
    for away_s in (0.05, 0.3, 1.5):
        ctx.store = counting = Rounds(before, away_s=away_s)
        try:
            assert browser.open(path).status == 200
        finally:
            ctx.store = before
        if counting.rounds <= most:
            break
    return counting


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
        ("/project/webshop/problems", 3),
        ("/dead-letters", 3),
        ("/project/webshop/shipyard", 0),
        ("/project/webshop/start", 0),
        ("/delivery/{0}/event?id={1}", 2),
        ("/project/webshop/stage/dev/service/basket/evaluation", 2),
    ],
)
def test_a_page_is_a_few_rounds(made, path, most):
    """Lists three, others two; the first has who is signed in before them."""
    delivery = made.call("GET", "/v1/delivery?project=webshop")["deliveries"][0]["context"]
    event = made.call("GET", f"/v1/event?keptnContext={delivery}")["events"][0]["id"]
    browser = made.signed_in()
    browser.open("/")
    counting = cost(browser, path.format(delivery, event), made.context, most + SIGNED_IN)
    assert counting.reads and counting.rounds <= most + SIGNED_IN


PAST = Past(deliveries=200, evaluations=60, events=300, letters=150, problems=60)
OF_THE_PAST = {
    "projects": ("/", 3),
    "environment": ("/project/sockshop", 2),
    "deliveries": ("/project/sockshop/deliveries", 3),
    "delivery": ("/delivery/context-0", 2),
    "approvals": ("/approvals", 2),
    "counts": ("/counts", 2),
    "evaluations": ("/project/sockshop/evaluations", 3),
    "evaluation": ("/project/sockshop/stage/staging/service/carts/evaluation", 2),
    "problems": ("/project/sockshop/problems", 3),
    "audit": ("/project/sockshop/audit", 3),
    "narrowed audit": ("/project/sockshop/audit?type=prod.remediation.triggered", 3),
    "audit narrowed to nothing": ("/project/sockshop/audit?type=nothing", 3),
    "dead letters": ("/dead-letters", 3),
    "dead letter": ("/dead-letter/{letter}", 2),
    "shipyard": ("/project/sockshop/shipyard", 0),
    "start": ("/project/sockshop/start", 0),
    "event": ("/delivery/context-0/event?id=event-1", 2),
}


@pytest.fixture(scope="module")
def pasts():
    """The same installation, and ten times as old."""
    made = []
    for past in (PAST, PAST.times(10)):
        world = World()
        bridge_past.fill(world, past)
        made.append((world, past))
    return made


@pytest.mark.parametrize(("path", "most"), [pytest.param(*given, id=name) for name, given in OF_THE_PAST.items()])
def test_what_is_old_costs_nothing(pasts, path, most):
    """As many reads and rounds whether an installation is young or ten times as old; one list more, to find nothing."""
    found = []
    for world, past in pasts:
        with context.using(world.context):
            browser = Browser(world.client("bridge").application)
            browser.sign_in(TOKEN)
            browser.open("/")
            where = path.format(letter=bridge_past.letter_of(past))
            found.append(cost(browser, where, world.context, most + SIGNED_IN))
    young, old = found
    assert old.reads <= young.reads + 1 and old.rounds <= most + SIGNED_IN


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
