"""Shipyards as they were: a delivery keeps the one it began with, stored by the hash of its compiled form."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from keptn import shipyard
from keptn.errors import LostRace, Refused
from keptn.ports import ConfigRepo, ObjectStore
from keptn.records import objects
from keptn.shipyard import Shipyard

_parsed: dict[str, Shipyard] = {}
"""By hash; what a hash means never changes, so every store may share it."""


def current(store: ObjectStore, repo: ConfigRepo, project: str) -> tuple[str, bool]:
    """Hash of the shipyard on main, stored, and whether it is a new one.

    Raises Unknown (project), Refused (no shipyard), InvalidFile.
    """
    text = repo.tree(project, "main").read("shipyard.yaml")
    if text is None:
        raise Refused(f"project {project!r} has no shipyard.yaml on main; add it to the config repo")
    sha, canonical = _compiled(text, project)
    try:
        store.put(objects.shipyard(project, sha), canonical, if_generation=0)
    except LostRace:  # it is there already, with the same content
        return sha, False
    return sha, True


def load(store: ObjectStore, project: str, sha: str) -> Shipyard:
    """The shipyard of that hash. Raises Refused if it is not stored."""
    if sha not in _parsed:
        stored = store.get(objects.shipyard(project, sha))
        if stored is None:
            raise Refused(f"the snapshot {sha} of the shipyard of {project!r} is gone; start a new delivery")
        _parsed[sha] = shipyard.from_dict(json.loads(stored.data))
    return _parsed[sha]


@lru_cache(maxsize=32)
def _compiled(text: bytes, project: str) -> tuple[str, bytes]:
    compiled = shipyard.parse(text, file=f"{project}/shipyard.yaml", name=project)
    canonical = json.dumps(compiled.to_dict(), sort_keys=True).encode()
    sha = hashlib.sha256(canonical).hexdigest()
    return sha, canonical
