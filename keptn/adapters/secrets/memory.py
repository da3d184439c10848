"""Secrets in memory, read and administered: for tests."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from keptn.adapters.secrets import secret_name


class MemorySecrets:
    """Names to keys to values."""

    def __init__(self) -> None:
        self._secrets: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls) -> MemorySecrets:
        return cls()

    def get(self, name: str, key: str) -> str | None:
        return self._secrets.get(name, {}).get(key)

    def put(self, name: str, values: Mapping[str, str]) -> None:
        secret_name.check(name, kind="secret")
        for key in values:
            secret_name.check(key, kind="key")
        self._secrets[name] = dict(values)

    def merge(self, name: str, values: Mapping[str, str], *, instead_of: str = "") -> None:
        with self._lock:
            self._merge(name, values, instead_of)

    def _merge(self, name: str, values: Mapping[str, str], instead_of: str) -> None:
        there = secret_name.left(self._secrets.get(name, {}), instead_of=instead_of)
        if merged := {**there, **values}:
            self.put(name, merged)
        elif name in self._secrets:
            self._secrets[name] = {}

    def names(self) -> Sequence[str]:
        return sorted(self._secrets)

    def delete(self, name: str) -> None:
        self._secrets.pop(name, None)
