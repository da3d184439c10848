"""SLI provider in memory: for tests. Answers what it was given, by indicator and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn.ports import SliQuery, SliValue

Given = float | Sequence[float] | SliValue | Exception


class MemorySli:
    """Give `{("rt", "green"): 120.0}`; a list is samples whose mean is the value; colour `*` is any.

    Attributes: asked (every query that was asked, in order).
    """

    def __init__(self, given: Mapping[tuple[str, str], Given]) -> None:
        self._given = dict(given)
        self.asked: list[SliQuery] = []

    def fetch(self, query: SliQuery) -> SliValue:
        self.asked.append(query)
        shown = f"{query.query} of {query.colour or 'all'}"
        found = self._given.get((query.indicator, query.colour), self._given.get((query.indicator, "*")))
        if isinstance(found, Exception):
            raise found
        if isinstance(found, SliValue):
            return found
        if found is None:
            return SliValue(indicator=query.indicator, query=shown, reason="no data")
        samples = [float(found)] if isinstance(found, int | float) else list(found)
        value = sum(samples) / len(samples)
        return SliValue(indicator=query.indicator, query=shown, values={"": value}, samples=samples)
