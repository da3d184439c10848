"""Several reads of the object store at once: a page of eighty objects takes as long as the slowest, not as all.

For views only: what the engine reads, it reads in order. Do not nest calls: one that waits for others holds a place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Item = TypeVar("Item")
Found = TypeVar("Found")
AT_ONCE = 80
"""Reads under way in one process: a page of twenty deliveries is one wait, not several."""


def side_by_side(read: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """What `read` gives for every item, in the order of the items. Raises what the first that failed raised."""
    wanted = list(items)
    if len(wanted) < 2:
        return [read(item) for item in wanted]
    some = -(-len(wanted) // AT_ONCE)  # one after another in each thread: there are no more threads anyway
    parts = (wanted[begin : begin + some] for begin in range(0, len(wanted), some))
    return [found for part in _pool(os.getpid()).map(lambda part: [read(one) for one in part], parts) for found in part]


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """One per process, and kept: SQLite has a connection per thread. A fork inherits no threads."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for functions that show a page

    return ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix=f"side-by-side-{process}")
