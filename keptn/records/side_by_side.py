"""Several reads of the object store at once: a page of eighty objects takes as long as the slowest, not as all.

For views only: what the engine reads, it reads in order. Do not nest calls: one that waits for others holds a place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from keptn.ports import ObjectStore

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Item = TypeVar("Item")
Found = TypeVar("Found")


def side_by_side(store: ObjectStore, read: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """What `read` finds there for every item, in the order of the items. Raises what the first that failed raised.

    As many at once, in the whole process, as the store has a use for.
    """
    wanted, at_once = list(items), store.reads_at_once
    if at_once == 1 or len(wanted) < 2:
        return [read(item) for item in wanted]
    some = -(-len(wanted) // at_once)  # one after another in each thread: there are no more threads anyway
    parts = (wanted[begin : begin + some] for begin in range(0, len(wanted), some))
    pool = _pool(os.getpid(), at_once)
    return [found for part in pool.map(lambda part: [read(one) for one in part], parts) for found in part]


def called(store: ObjectStore, reads: Iterable[Callable[[], Any]]) -> list[Any]:
    """The same of reads that have little in common."""
    return side_by_side(store, lambda read: read(), reads)


@cache
def _pool(process: int, at_once: int) -> ThreadPoolExecutor:
    """One per process, and kept for the next page. A fork inherits no threads."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for functions that show a page

    return ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=f"side-by-side-{process}")
