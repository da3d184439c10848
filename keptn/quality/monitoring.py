"""`monitoring.yaml` on the branch main: where a project's SLIs come from. Parsed with line numbers. Pure.

default: prometheus                 # who answers where a gate names no source; without it: KEPTN_SLI_PROVIDER
providers:
  prometheus: {url: https://…}      # without it: KEPTN_PROMETHEUS_URL
  dynatrace: {url: https://…}       # without it: key `url` of its secret

Credentials are in the secrets `prometheus-<project>` (key `token`) and `dynatrace-<project>` (keys `url`, `token`): a
file that could name a secret could send anybody's to an address of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from keptn import documents
from keptn.documents import Document
from keptn.quality import fields
from keptn.quality.sources import SOURCES

FILE = "monitoring.yaml"
WITH_URL = frozenset({"dynatrace", "prometheus"})
"""Providers that are somewhere; Envoy's log is beside the router, and an HTTP query says where it asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """default: a provider, empty for the installation's. urls: by provider."""

    default: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)


def parse(text: str | bytes, *, file: str = FILE) -> Monitoring:
    """Read the file. Raises InvalidFile with the line and what to do."""
    document = documents.read(text, file=file, kind="monitoring")
    given = fields.mapping(document, document.data)
    fields.known_keys(document, given, {"default", "providers"})
    named = given.get("default")
    default = "" if named is None else fields.one_of(document, _lower(named), SOURCES, "default")
    providers = fields.mapping(document, given.get("providers") or {}, "providers")
    fields.known_keys(document, providers, WITH_URL, "providers")
    urls = {name: _url(document, provider, name) for name, provider in providers.items()}
    return Monitoring(default=default, urls={name: url for name, url in urls.items() if url})


def _url(document: Document, given: object, name: str) -> str:
    provider = fields.mapping(document, given or {}, "providers", name)
    fields.known_keys(document, provider, {"url"}, "providers", name)
    if provider.get("url") is None:
        return ""
    url = fields.text(document, provider["url"], "providers", name, "url")
    if not _is_url(url):
        hint = "write https://host/path; a token belongs into a secret"
        raise document.error(f"`url` must be an address of http or https without a login; {hint}", "providers", name)
    return url


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value
