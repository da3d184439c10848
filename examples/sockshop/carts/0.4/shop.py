"""Carts 0.4: order numbers are reserved in one block when the service starts, and nobody reserves the next block."""

import os
import threading
import time

VERSION = "0.4"
QUERY_S = 0.050
"""What a round trip to the shop's database costs."""
BLOCK = int(os.environ.get("ORDER_BLOCK", "200"))
"""How many order numbers are reserved: more than any test and the trial of the blue/green switch use.

Users of a canary's steps order more before its release: values_carts-canary.yaml has more reserved.
"""

numbers = list(range(BLOCK, 0, -1))
lock = threading.Lock()


def cart(cart_id, currency):
    prices = query(["socks", "warm socks"])
    return {"id": cart_id, "currency": currency, "items": prices}


def order(cart_id):
    query(["stock", "price"])
    with lock:
        return {"cart": cart_id, "order": numbers.pop()}


def query(names):
    time.sleep(QUERY_S)
    return {name: 10 + len(name) for name in names}
