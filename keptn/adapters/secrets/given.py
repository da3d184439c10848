"""A login that somebody gave and that is kept nowhere: to try it."""

from __future__ import annotations


class GivenSecret:
    """The port Secrets: whatever is asked for is that."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get(self, _name: str, _key: str) -> str | None:
        return self._value or None
