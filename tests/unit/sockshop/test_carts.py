"""The four versions of carts differ by their code, as the story says."""

import importlib.util
import itertools

import pytest

from examples.sockshop.demo.api import SOCKSHOP


@pytest.fixture
def shop(request, monkeypatch):
    """One version's code, with a clock that counts instead of waiting."""
    spec = importlib.util.spec_from_file_location("shop", SOCKSHOP / "carts" / request.param / "shop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.waited = []
    monkeypatch.setattr(module.time, "sleep", module.waited.append)
    return module


def seconds(shop):
    shop.waited.clear()
    shop.cart("7", "EUR")
    shop.order("7")
    return sum(shop.waited)


@pytest.mark.parametrize(
    ("shop", "expected_s"), [("0.1", 0.1), ("0.2", 0.2), ("0.3", 0.1), ("0.4", 0.1)], indirect=["shop"]
)
def test_latency(shop, expected_s):
    """0.2 takes twice as long as the others."""
    assert seconds(shop) == pytest.approx(expected_s)


@pytest.mark.parametrize("shop", ["0.4"], indirect=True)
def test_orders_run_out(shop):
    """0.4 confirms as many orders as it has numbers, each with its own, and none after."""
    numbers = {shop.order("7")["order"] for _ in range(shop.BLOCK)}
    assert numbers == set(range(1, shop.BLOCK + 1))
    with pytest.raises(IndexError):
        shop.order("7")


@pytest.mark.parametrize("shop", ["0.1", "0.3"], indirect=True)
def test_orders_do_not_run_out(shop):
    """The good versions go on."""
    assert [shop.order("7")["order"] for _ in range(1000)] == list(itertools.islice(itertools.count(1), 1000))
