"""The embedded object store and the config repo: what one call costs, and that it does not grow with history."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from keptn.adapters.config_repo.folder import GitConfigRepo
from keptn.adapters.store.sqlite import SqliteStore
from keptn.ports import ConfigRepo, ObjectStore
from tests.bench.row import Row

BODY = b"x" * 2000


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _store(SqliteStore(Path(folder) / "store.sqlite"))
        yield from _repo(GitConfigRepo(Path(folder) / "repos"))


def _store(store: ObjectStore) -> Iterator[Row]:
    _fill(store, 0, 2_000)
    early = _costs(store)
    _fill(store, 2_000, 20_000)
    late = _costs(store)
    for name, milliseconds in late.items():
        yield Row(what=f"SQLite: {name}, ms", measured=milliseconds, budget=0.3)
        yield Row(
            what=f"SQLite: {name}, 20,000 objects against 2,000, ratio", measured=milliseconds / early[name], budget=1.5
        )


def _fill(store: ObjectStore, first: int, last: int) -> None:
    for number in range(first, last):
        store.put(f"deliveries/sockshop/{10**9 - number}", BODY)


def _costs(store: ObjectStore) -> dict[str, float]:
    def replace() -> None:
        found = store.get("slots/sockshop/dev/carts.json")
        store.put("slots/sockshop/dev/carts.json", BODY, if_generation=found.generation if found else 0)

    return {
        "get": _median_ms(lambda: store.get(f"deliveries/sockshop/{10**9 - 1000}"), times=2000),
        "read and replace by generation": _median_ms(replace, times=2000),
        "a page of the 20 newest": _median_ms(lambda: store.list("deliveries/sockshop/", limit=20), times=2000),
    }


def _repo(repo: ConfigRepo) -> Iterator[Row]:
    repo.create("sockshop", {"main": {"shipyard.yaml": b""}, "dev": {"stage.yaml": b""}}, message="m")
    _commit(repo, 20)
    early = _median_ms(lambda: _commit(repo, 1), times=30)
    _commit(repo, 2_000)
    late = _median_ms(lambda: _commit(repo, 1), times=30)
    yield Row(what="Git: commit after 2,000 commits, ms", measured=late)
    yield Row(what="Git: commit after 2,000 commits against 20, ratio", measured=late / early, budget=1.5)
    yield Row(
        what="Git: read one file, ms",
        measured=_median_ms(lambda: repo.tree("sockshop", "dev").read("carts/n"), times=100),
    )


def _commit(repo: ConfigRepo, times: int) -> None:
    for _ in range(times):
        repo.commit(
            "sockshop", "dev", lambda tree: {"carts/n": b"%d" % (int(tree.read("carts/n") or 0) + 1)}, message="m"
        )


def _median_ms(action: Callable[[], object], *, times: int) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)
