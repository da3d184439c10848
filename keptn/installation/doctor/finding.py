"""What a check finds, and what it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keptn.installation.kubectl import Kubectl, Object
from keptn.settings import Settings

DOCS = "docs/cluster.md"


class Level(StrEnum):
    """MISSING: keptn does not work. WARNING: it does, not as it should or not surely."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """what: one thing and how it is. mend: what to do; empty if all is well."""

    level: Level
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.level + ':':<9}{self.what}" + (f"; {self.mend}" if self.mend else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The cluster, and what keptn is or would be in it. values: of the ConfigMap, read as settings.

    api: its Service; None where keptn is not installed.
    """

    kubectl: Kubectl
    groups: set[str]
    values: Mapping[str, str]
    settings: Settings
    objects: Sequence[Object]
    api: Object | None
