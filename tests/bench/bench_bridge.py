"""Every page of the bridge on the embedded store and Git, with a large past: the whole answer, warm, and its size.

What a test client takes to the end of the answer is more than the time to its first byte: no page is streamed.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from keptn import context
from keptn.adapters.config_repo.own_remotes import FolderAndRemotes
from keptn.adapters.store.sqlite import SqliteStore
from keptn.context import Context
from tests import bridge_past
from tests.bench.row import Row
from tests.bridge_past import LONG, Past
from tests.browser import BASE, Browser
from tests.world import TOKEN, World, issue

PAST = Past(
    deliveries=20_000,
    projects=50,
    services=100,
    evaluations=500,
    events=20_000,
    letters=1_000,
    problems=50,
    tasks=200,
    largest_event_bytes=1_000_000,
)
TIMES = 25
BUDGET_MS, BUDGET_KB = 60, 150
PAGES = {
    "50 projects": "/",
    "what waits, for the navigation": "/counts",
    "an environment": "/project/sockshop",
    "an environment of 100 services": "/project/market",
    "a project's deliveries": "/project/sockshop/deliveries",
    "a delivery": "/delivery/context-0",
    "a delivery of 200 tasks": f"/delivery/{LONG}",
    "an event": "/delivery/context-0/event?id=event-1",
    "an event of a megabyte": f"/delivery/{LONG}/event?id={bridge_past.WHOLE}",
    "approvals": "/approvals",
    "evaluations": "/project/sockshop/evaluations",
    "evaluations of 100 services": "/project/market/evaluations",
    "one of 500 evaluations": "/project/sockshop/stage/staging/service/carts/evaluation",
    "problems": "/project/sockshop/problems",
    "the audit log": "/project/sockshop/audit",
    "the audit log, narrowed": "/project/sockshop/audit?type=prod.remediation.triggered",
    "1,000 dead letters": "/dead-letters",
    "a dead letter of a megabyte": f"/dead-letter/{bridge_past.letter_of(PAST)}",
    "the shipyard": "/project/sockshop/shipyard",
    "what to start": "/project/sockshop/start",
    "what to start, 100 services": "/project/market/start",
}


def rows() -> Iterator[Row]:
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            world, ctx = _filled(Path(folder))
            with context.using(ctx):
                browser = Browser(world.client("bridge").application)
                browser.sign_in(TOKEN)
                for name, path in PAGES.items():
                    yield from _page(name, browser, path)
                yield from _first_visit(browser)
    finally:
        logging.disable(level)


def _page(name: str, browser: Browser, path: str) -> Iterator[Row]:
    took, size_kb = [], 0.0
    for _ in range(TIMES):
        begin = time.perf_counter()
        answer = browser.client.get(BASE + path)
        took.append((time.perf_counter() - begin) * 1000)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        size_kb = len(answer.data) / 1000
    yield Row(what=f"{name}: ms, the median", measured=statistics.median(took), budget=BUDGET_MS)
    yield Row(what="  ms, of a hundred all but five", measured=statistics.quantiles(took, n=20)[-1])
    yield Row(what="  kB", measured=size_kb, budget=BUDGET_KB)


def _first_visit(browser: Browser) -> Iterator[Row]:
    """What a browser fetches once and then keeps."""
    kept = [tag.get("src") or tag["href"] for name, tag in browser.open("/").tags if name in ("script", "link")]
    answers = [browser.client.get(where, headers={"accept-encoding": "gzip"}) for where in kept]
    size_kb = sum(len(answer.data) for answer in answers) / 1000
    yield Row(what="style, scripts and icon of the first visit, kB as sent", measured=size_kb, budget=35)


def _filled(folder: Path) -> tuple[World, Context]:
    world = World()
    settings = replace(world.context.settings, state_dir=folder)
    world.store = SqliteStore.open(settings=settings)
    world.config_repo = FolderAndRemotes.open(settings=settings, secrets=world.secrets, store=world.store)
    issue(world.store)
    bridge_past.fill(world, PAST)
    bridge_past.add_long_delivery(world.store, PAST)
    ports = ("secrets", "config_repo", "clock", "sink", "store")
    return world, Context(settings, **{port: getattr(world, port) for port in ports})
