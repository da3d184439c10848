"""The deep merge of event data: what flows from task to task. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST_LIST = 200
"""Items kept of a list that grows with every round of a loop."""

REPLACED = frozenset({"indicatorResults", "comparedEvents"})
"""Lists of an evaluation: those of the stage before are not this one's."""


def merged(older: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """The later value wins, for every type; mappings are merged, lists become newer items, then older ones.

    A later null empties a text. A newer list that already ends with the older one was an echo and is not doubled; what
    a task says as a whole each time (`REPLACED`) is not added up over the stages.
    Source: keptn 1.4, shipyard-controller; that numbers and booleans kept the older value there was a bug.
    """
    result = dict(older)
    for key, value in newer.items():
        result[key] = _value(older[key], value) if key in older and key not in REPLACED else value
    return result


def _value(older: Any, newer: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(older, Mapping) and isinstance(newer, Mapping):
        return merged(older, newer)
    if isinstance(older, list) and isinstance(newer, list):
        echoed = newer[len(newer) - len(older) :] == older if older else True
        return (newer if echoed else [*newer, *older])[:LONGEST_LIST]
    return "" if newer is None and isinstance(older, str) else newer
