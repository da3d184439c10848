"""Secrets in memory, read and administered: for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn.adapters.secrets import secret_name


class MemorySecrets:
    """Names to keys to values."""

    def __init__(self) -> None:
        self._secrets: dict[str, dict[str, str]] = {}

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

    def names(self) -> Sequence[str]:
        return sorted(self._secrets)

    def delete(self, name: str) -> None:
        self._secrets.pop(name, None)
