"""Carts 0.3: the new catalogue, asked once for all items."""

import itertools
import time

VERSION = "0.3"
QUERY_S = 0.050
"""What a round trip to the shop's database costs."""

numbers = itertools.count(1)


def cart(cart_id, currency):
    prices = query(["socks", "warm socks"])
    return {"id": cart_id, "currency": currency, "items": prices}


def order(cart_id):
    query(["stock", "price"])
    return {"cart": cart_id, "order": next(numbers)}


def query(names):
    time.sleep(QUERY_S)
    return {name: 10 + len(name) for name in names}
