"""What the controllers of a cluster's gateways say about a route. Pure.

A route has one entry for each parent and controller. Source: Gateway API, RouteParentStatus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keptn.ports import Manifest

ACCEPTED, RESOLVED = "Accepted", "ResolvedRefs"


def unanswered(route: Manifest) -> str:
    """What no controller has looked at yet, as a sentence; empty if all have."""
    namespace, name = route["metadata"]["namespace"], route["metadata"]["name"]
    for parent in route["spec"].get("parentRefs") or ():
        if not [one for one in _entries(route, parent) if len(_current(one, route)) == 2]:
            return (
                f"Gateway {named(parent, route)} does not know the route {name} in {namespace}: does it exist, does a "
                f"controller serve it, and does its listener allow namespace {namespace}?"
            )
    return ""


def refused(route: Manifest, *, all_up: bool) -> tuple[Mapping[str, Any], str]:
    """The parent that a controller says no to, and its words as a sentence; empty if there is none.

    all_up: every backend ought to be found; else a live version is broken or there is none, and that holds up nothing.
    """
    for parent in route["spec"].get("parentRefs") or ():
        for entry in _entries(route, parent):
            for kind, condition in _current(entry, route).items():
                if condition["status"] != "True" and (all_up or kind == ACCEPTED):
                    said = str(condition.get("message")).rstrip(".")
                    return parent, (
                        f"Gateway {named(parent, route)} does not take the route {route['metadata']['name']} in "
                        f"{route['metadata']['namespace']}: {said} ({condition.get('reason')})"
                    )
    return {}, ""


def place(parent: Mapping[str, Any], *, near: str) -> tuple[str, str]:
    """Namespace and name of a Gateway that a route refers to. near: the namespace of the route."""
    return str(parent.get("namespace") or near), str(parent["name"])


def key(parent: Mapping[str, Any], route: Manifest) -> tuple[str, ...]:
    """What makes a reference another one: Gateway, listener, port."""
    return named(parent, route), str(parent.get("sectionName", "")), str(parent.get("port", ""))


def named(parent: Mapping[str, Any], route: Manifest) -> str:
    return "/".join(place(parent, near=route["metadata"]["namespace"]))


def _entries(route: Manifest, parent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in (route.get("status") or {}).get("parents") or ():
        if key(entry["parentRef"], route) == key(parent, route):
            yield entry


def _current(entry: Mapping[str, Any], route: Manifest) -> dict[str, Mapping[str, Any]]:
    """The two conditions that count, of this generation."""
    return {
        one["type"]: one
        for one in entry.get("conditions") or ()
        if one["type"] in {ACCEPTED, RESOLVED}
        and one["status"] != "Unknown"
        and one.get("observedGeneration") == route["metadata"]["generation"]
    }
