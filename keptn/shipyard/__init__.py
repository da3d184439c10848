"""Shipyards: read either form, know the stages. Called by the functions, the CLI and the tests; pure.

`parse` reads the talk's form (0.1) and the product's form (0.2.x) and returns the same values; the keys are documented
in `talk.py` and `product.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import documents
from keptn.documents import Document
from keptn.shipyard import checks, product, talk
from keptn.shipyard.model import FreezeWindow, SequenceDefinition, Shipyard, Stage, Task, TriggeredOn

__all__ = ["FreezeWindow", "SequenceDefinition", "Shipyard", "Stage", "Task", "TriggeredOn", "from_dict", "parse"]


def parse(text: str | bytes, *, file: str = "shipyard.yaml", name: str = "") -> Shipyard:
    """Read a shipyard of either form. name: the project, for a form that does not carry one. Raises InvalidFile."""
    document = documents.read(text, file=file, kind="shipyard")
    if not isinstance(document.data, Mapping):
        raise document.error("a shipyard must have the key 'stages' (talk's form) or 'spec' (0.2 form)")
    if "spec" in document.data or "apiVersion" in document.data:
        return checks.checked(product.read(document, name=name), document)
    return talk.read(document, name=name)


def from_dict(snapshot: Mapping[str, Any]) -> Shipyard:
    """A shipyard from its stored 0.2 form (`Shipyard.to_dict`). Raises InvalidFile."""
    return product.read(Document(file="the shipyard's snapshot", data=snapshot, lines={}), name="")
