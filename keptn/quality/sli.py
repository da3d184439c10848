"""`sli.yaml`: names of SLIs and the queries behind them, read and checked. Pure.

Source: keptn specification, service_level_indicator.md. The provider is the file's folder (`prometheus/sli.yaml`), or
its `provider`; files of the project, the stage and the service are merged, the most specific wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn import documents
from keptn.quality import fields
from keptn.quality.sources import SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Sli:
    """One indicator's query. source: provider, lower case, empty for the default one."""

    source: str
    query: str | Mapping[str, Any]


def parse(text: str | bytes, *, file: str = "sli.yaml", source: str = "") -> Mapping[str, Sli]:
    """Read a file. source: the provider whose folder it lies in. Raises InvalidFile with the line and what to do."""
    document = documents.read(text, file=file, kind="sli")
    given = fields.mapping(document, document.data)
    fields.known_keys(document, given, {"spec_version", "indicators", "provider"})
    named = str(given.get("provider") or source).lower()
    if named and named not in SOURCES:
        raise document.error(f"provider {named!r} is not known; known: {', '.join(sorted(SOURCES))}", "provider")
    indicators = fields.mapping(document, given.get("indicators") or {}, "indicators")
    for name, query in indicators.items():
        if not isinstance(query, str | dict) or not query:
            raise document.error("the query must be a text or an object in the provider's language", "indicators", name)
    return {str(name): Sli(source=named, query=query) for name, query in indicators.items()}
