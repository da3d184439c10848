"""Names of the SLI providers that a gate file may name. Pure; `context.py` maps each to its adapter."""

from __future__ import annotations

SOURCES = frozenset({"dynatrace", "envoy", "http", "prometheus"})
"""In lower case; a file may write them in any capitalisation."""
