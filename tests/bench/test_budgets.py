"""The budgets that are counts, the same on every machine: a change that exceeds one fails. `make bench` has all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.bench import bench_delivery, bench_page, bench_storm
from tests.bench.bench_storm import STORMS, Storm
from tests.bench.row import Row

DELIVERY = ("invocations", "writes", "reads", "lists", "git-reads", "git-commits", "slot-writes", "slot-writes-idle")
PAGE = ("page-lists", "page-gets")
LONG = 100
"""Requests of a storm that `make test` does not wait for."""


def budget(key: str, value: object = None, *, long: bool = False) -> object:
    return pytest.param(value or key, id=key, marks=[pytest.mark.long] if long else [])


@pytest.fixture(scope="module")
def delivery() -> Mapping[str, Row]:
    return {row.key: row for row in bench_delivery.rows()}


@pytest.fixture(scope="module")
def page() -> Mapping[str, Row]:
    return {row.key: row for row in bench_page.operations(bench_page.counted())}


@pytest.mark.parametrize("key", [budget(key) for key in DELIVERY])
def test_a_delivery_costs_no_more(delivery: Mapping[str, Row], key: str) -> None:
    """One clean delivery through three stages."""
    assert not delivery[key].is_over, delivery[key]


@pytest.mark.parametrize("key", [budget(key) for key in PAGE])
def test_a_page_of_deliveries_costs_no_more(page: Mapping[str, Row], key: str) -> None:
    """Twenty of them."""
    assert not page[key].is_over, page[key]


@pytest.mark.parametrize(
    "storm", [budget(str(storm), storm, long=not storm.at_once and storm.count >= LONG) for storm in STORMS]
)
def test_a_storm_comes_to_rest(storm: Storm) -> None:
    """Events in proportion to requests, and nothing is left open or given up."""
    found = bench_storm.outcome(storm)
    assert found.events <= storm.budget
    assert found.left == 0
