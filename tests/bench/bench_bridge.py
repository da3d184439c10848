"""Pages of the bridge on the embedded store with 20,000 deliveries of fifty projects: the whole answer, warm."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from keptn import context
from keptn.adapters.store.sqlite import SqliteStore
from keptn.context import Context
from keptn.events import Scope
from keptn.orchestration import execution_documents
from keptn.records import objects
from keptn.sequence import codec
from keptn.sequence.slot import Execution, Rank, Slot, Version
from tests.bench.row import Row
from tests.browser import BASE, Browser
from tests.world import TOKEN, World, digest_of, issue

DELIVERIES, PROJECTS, STAGES = 20_000, 50, ("dev", "staging", "prod")
TIMES = 15
BUDGET_MS = 60
PAGES = {
    "the projects": "/",
    "an environment": "/project/sockshop",
    "a project's deliveries": "/project/sockshop/deliveries",
    "a delivery": "/delivery/context-0",
    "approvals": "/approvals",
    "what waits": "/counts",
}


def rows() -> Iterator[Row]:
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from _rows(_filled(SqliteStore(Path(folder, "store.sqlite"))))
    finally:
        logging.disable(level)


def _rows(filled: tuple[World, Context]) -> Iterator[Row]:
    world, ctx = filled
    with context.using(ctx):
        browser = Browser(world.client("bridge").application)
        browser.sign_in(TOKEN)
        for name, path in PAGES.items():
            yield Row(
                what=f"the bridge's page of {name}, warm, ms", measured=_median_ms(browser, path), budget=BUDGET_MS
            )


def _median_ms(browser: Browser, path: str) -> float:
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        assert browser.client.get(BASE + path).status_code == 200
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def _filled(store: SqliteStore) -> tuple[World, Context]:
    world = World().with_sockshop()
    issue(store)
    projects = ["sockshop", *(f"team-{number:02d}" for number in range(PROJECTS - 1))]
    for project in projects[1:]:
        world.with_sockshop(project)
    for number in range(DELIVERIES):
        _deliver(store, world, projects[number % PROJECTS], number)
    for project in projects:
        for stage in STAGES:
            scope = Scope(project=project, stage=stage, service="carts")
            live = Version(digest=digest_of("0.2"), image="keptn/carts:0.2", since=world.clock.now())
            store.put(objects.slot(scope), codec.encode(Slot(scope=scope, live=live)))
    ports = ("secrets", "config_repo", "clock", "sink")
    return world, Context(world.context.settings, store=store, **{port: getattr(world, port) for port in ports})


def _deliver(store: SqliteStore, world: World, project: str, number: int) -> None:
    begun = world.clock.now() + timedelta(minutes=number)
    for stage in STAGES:
        execution = Execution(
            id=f"{number}-{stage}",
            context=f"context-{number}",
            sequence="delivery",
            shipyard="",
            rank=Rank.ORDINARY,
            triggered_at=begun,
            root_time=begun,
            ended="finished",
            ended_at=begun,
            result="pass",
            status="succeeded",
            image="keptn/carts:0.2",
        )
        execution_documents.write(
            store, execution, scope=Scope(project=project, stage=stage, service="carts"), revision=1
        )
