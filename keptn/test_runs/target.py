"""Where a test goes: the URL, chosen from what the deployment said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHARED = frozenset({"shadow", "blue_green"})
"""Deployment strategies in which users' requests also reach the candidate, whole or as a copy."""


def url(deployment: Mapping[str, Any], *, shared: bool = False) -> str:
    """The URL to test, or an empty one if the deployment named none.

    The public one where a live version stands beside a candidate that shares its traffic: both then see the same
    requests in the same window, which alone makes them comparable. Otherwise the candidate's own.
    shared: a `traffic` task has given the candidate some of it.
    """
    public, own = _first(deployment, "deploymentURIsPublic"), _first(deployment, "deploymentURIsLocal")
    if (shared or deployment.get("deploymentstrategy") in SHARED) and _two_versions(deployment) and public:
        return public
    return own or public


def _two_versions(deployment: Mapping[str, Any]) -> bool:
    live, candidate = deployment.get("live") or {}, deployment.get("candidate") or {}
    return bool(live and candidate) and live.get("colour") != candidate.get("colour")


def _first(deployment: Mapping[str, Any], key: str) -> str:
    urls = deployment.get(key) or []
    return str(urls[0]).rstrip("/") if urls else ""
