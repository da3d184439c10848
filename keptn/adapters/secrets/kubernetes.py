"""Secrets as Kubernetes Secrets, in a namespace of their own. What keptn made and what people made there is the same.

A name that Kubernetes takes is the object's name. Of another (`Git_Token`, `-x`) the object has what can be kept, and a
digest: `git-token-1f0d2c7a9be4`; the annotation `keptn.sh/name` has the name itself.

Values are never part of an error or a log line.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from keptn.adapters.kubernetes.api_server import NAMES_ONLY
from keptn.adapters.kubernetes.in_cluster import InCluster
from keptn.adapters.secrets import secret_name
from keptn.errors import LostRace
from keptn.settings import Settings

NAME = "keptn.sh/name"
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_OBJECT = re.compile(rf"{_LABEL}(\.{_LABEL})*")
"""Source: Kubernetes, "Object Names and IDs", DNS Subdomain Names; up to 253 characters, as our own."""


class KubernetesSecrets:
    """Asks the API each time: a secret that was changed counts at once. Rights decide what a step may do."""

    def __init__(self, api: InCluster, namespace: str) -> None:
        self._api, self._place = api, f"/api/v1/namespaces/{namespace}/secrets"

    @classmethod
    def open(cls, *, settings: Settings) -> KubernetesSecrets:
        return cls(InCluster(), settings.secrets_namespace)

    def get(self, name: str, key: str) -> str | None:
        if not secret_name.is_name(name) or not secret_name.is_name(key):
            return None
        found = self._api.ask("GET", self._path(name))
        if found is None or _name(found) != name or (value := (found.get("data") or {}).get(key)) is None:
            return None
        return secret_name.text(b64decode(value), name=name, key=key)

    def put(self, name: str, values: Mapping[str, str]) -> None:
        secret_name.check(name, kind="secret")
        for key in values:
            secret_name.check(key, kind="key")
        while not self._is_put(name, _secret(name, _encoded(values))):
            pass

    def merge(self, name: str, values: Mapping[str, str], *, instead_of: str = "") -> None:
        secret_name.check(name, kind="secret")
        for key in values:
            secret_name.check(key, kind="key")
        while not self._is_merged(name, _encoded(values), instead_of):
            pass

    def names(self) -> Sequence[str]:
        """Those of type Opaque, as keptn and `kubectl create secret generic` make them."""
        found = self._api.ask("GET", f"{self._place}?fieldSelector=type%3DOpaque", accept=NAMES_ONLY) or {}
        names = ((_name(item), item["metadata"]["name"]) for item in found.get("items") or ())
        return sorted(name for name, made in names if secret_name.is_name(name) and object_name(name) == made)

    def delete(self, name: str) -> None:
        if secret_name.is_name(name):
            self._api.ask("DELETE", self._path(name))

    def _is_put(self, name: str, secret: Mapping[str, Any]) -> bool:
        """Replaced or made; False if somebody made it meanwhile. Without a resourceVersion the last one counts."""
        try:
            return bool(self._api.ask("PUT", self._path(name), secret) or self._api.ask("POST", self._place, secret))
        except LostRace:
            return False

    def _is_merged(self, name: str, data: Mapping[str, str], instead_of: str) -> bool:
        """Written on what was read, whatever else is in it; False if somebody wrote meanwhile."""
        found = self._api.ask("GET", self._path(name))
        there = (found or {}).get("data") or {}
        wanted = {**secret_name.left(there, instead_of=instead_of), **data}
        if wanted == there:
            return True
        try:
            if found is None:
                return bool(self._api.ask("POST", self._place, _secret(name, wanted)))
            return bool(self._api.ask("PUT", self._path(name), {**found, "data": wanted}))
        except LostRace:
            return False

    def _path(self, name: str) -> str:
        return f"{self._place}/{object_name(name)}"


def _secret(name: str, data: Mapping[str, str]) -> Mapping[str, Any]:
    metadata: dict[str, Any] = {"name": (made := object_name(name))}
    if made != name:
        metadata["annotations"] = {NAME: name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def _encoded(values: Mapping[str, str]) -> Mapping[str, str]:
    return {key: b64encode(value.encode()).decode() for key, value in values.items()}


def object_name(name: str) -> str:
    """What the Secret is called that has the secret of this name."""
    if _OBJECT.fullmatch(name):
        return name
    kept = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:200]
    return f"{kept}-{hashlib.sha256(name.encode()).hexdigest()[:12]}".lstrip("-")


def _name(secret: Mapping[str, Any]) -> str:
    metadata = secret["metadata"]
    return str((metadata.get("annotations") or {}).get(NAME) or metadata["name"])
