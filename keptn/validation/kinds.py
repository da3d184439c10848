"""What kind of file something is, by its name or its content, and who reads that kind. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from keptn.documents import Document


class Kind(StrEnum):
    """The files that a user writes for keptn."""

    SHIPYARD = "shipyard"
    VALUES = "values"
    PERFSPEC = "perfspec"
    SLO = "slo"
    SLI = "sli"
    JUDGE = "judge"
    REMEDIATION = "remediation"
    FUNCTIONAL = "functional"
    NOTIFY = "notify"
    MONITORING = "monitoring"
    MAPPING = "mapping"
    WEBHOOK = "webhook"


PARSERS: Mapping[Kind, str] = {
    Kind.SHIPYARD: "keptn.shipyard",
    Kind.VALUES: "keptn.projects.values",
    Kind.PERFSPEC: "keptn.quality.perfspec",
    Kind.SLO: "keptn.quality.slo",
    Kind.SLI: "keptn.quality.sli",
    Kind.JUDGE: "keptn.quality.judge_config",
    Kind.REMEDIATION: "keptn.remediation.runbook",
    Kind.FUNCTIONAL: "keptn.test_runs.functional",
    Kind.NOTIFY: "keptn.notification.subscriptions",
    Kind.MONITORING: "keptn.quality.monitoring",
    Kind.MAPPING: "keptn.webhooks.mappings.file",
    Kind.WEBHOOK: "keptn.webhook_task.file",
}
"""Kind to the module whose `parse(text, file=…)` reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What keptn calls a file in a config repo, and how many folders may stand before the name."""

    name: str
    most_folders: int = 1


PLACES: Mapping[Kind, Place] = {
    Kind.SHIPYARD: Place(name="shipyard.yaml", most_folders=0),
    Kind.VALUES: Place(name="values.yaml"),
    Kind.PERFSPEC: Place(name="perfspec.json"),
    Kind.SLO: Place(name="slo.yaml"),
    Kind.SLI: Place(name="sli.yaml", most_folders=2),
    Kind.REMEDIATION: Place(name="remediation.yaml"),
    Kind.FUNCTIONAL: Place(name="tests/functional.yaml"),
    Kind.NOTIFY: Place(name="notify.yaml", most_folders=0),
    Kind.MONITORING: Place(name="monitoring.yaml", most_folders=0),
    Kind.WEBHOOK: Place(name="webhook.yaml"),
}

_CONTENTS: Sequence[tuple[str, type, Kind]] = (
    ("stages", list, Kind.SHIPYARD),
    ("remediations", list, Kind.REMEDIATION),
    ("checks", list, Kind.FUNCTIONAL),
    ("notifications", list, Kind.NOTIFY),
    ("providers", dict, Kind.MONITORING),
    ("webhooks", list, Kind.WEBHOOK),
    ("indicators", list, Kind.PERFSPEC),
    ("indicators", dict, Kind.SLI),
    ("objectives", list, Kind.SLO),
    ("metrics", list, Kind.JUDGE),
    ("mapping", str, Kind.MAPPING),
    ("image", object, Kind.VALUES),
)
"""A key, at the root or below `spec`, and what it holds, that give the kind away."""


def of_resource(path: str) -> Kind | None:
    """The kind of a file in a config repo; None for what keptn does not read: a team may keep any file there."""
    for kind, place in PLACES.items():
        before = PurePosixPath(path).parts[: -len(PurePosixPath(place.name).parts)]
        if len(before) <= place.most_folders and str(PurePosixPath(*before, place.name)) == path:
            return kind
    return None


def of_document(document: Document) -> Kind | None:
    """The kind of a file on a disk: its name says it (`values_carts.yaml`, `new-slo.yaml`), else its content."""
    return _by_name(document.file) or _by_content(document.data)


def schema_of(kind: Kind, data: object) -> str:
    """The name of the schema; a shipyard has two forms."""
    if kind is not Kind.SHIPYARD:
        return str(kind)
    product = isinstance(data, Mapping) and not data.keys().isdisjoint({"spec", "apiVersion"})
    return "shipyard-0.2" if product else "shipyard-0.1"


def _by_name(file: str) -> Kind | None:
    path = PurePosixPath(file.lower())
    words = re.split(r"[^a-z]+", path.stem)
    found = next((Kind(word) for word in words if word in set(Kind)), None)
    return None if found is Kind.VALUES and path.suffix == ".json" else found  # that is what `keptn evaluate` reads


def _by_content(data: object) -> Kind | None:
    if not isinstance(data, Mapping):
        return None
    spec = data.get("spec")
    keys = {**(spec if isinstance(spec, Mapping) else {}), **data}
    return next((kind for key, holds, kind in _CONTENTS if isinstance(keys.get(key), holds) and key in keys), None)
