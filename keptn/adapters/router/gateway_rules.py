"""The rules of a route on its way from one revision to the next. Pure.

A gateway learns of routes, of services and of their pods one by one, in any order: who is sent to a service that it
does not know yet, or not any more, gets a 503 (seen with Contour: up to 50 requests of a switch). So a service is known
before users are sent to it, and stays known until they are gone: by a rule that only a probe matches. Of what is copied
to it the first requests would be missing; what is copied to one that leaves nobody misses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.deployment import manifests
from keptn.events import Scope
from keptn.ports import Manifest

_BEFORE = "before-revision-"
Refs = Mapping[str, Mapping[str, Any]]
"""References to backends, by their name."""


def backends(route: Manifest) -> Refs:
    """Whom users are sent to."""
    refs = [ref for rule in _of_users(route) for ref in rule.get("backendRefs") or ()]
    return {ref["name"]: ref for ref in refs if ref.get("weight", 1)}


def hearing(route: Manifest) -> Refs:
    """Whom users are sent to, and who gets a copy."""
    filters = [one for rule in _of_users(route) for one in rule.get("filters") or ()]
    refs = [one["requestMirror"]["backendRef"] for one in filters if "requestMirror" in one]
    return {**{ref["name"]: ref for ref in refs}, **backends(route)}


def known(route: Manifest) -> Refs:
    """Backends that users are not sent to yet, or not any more."""
    rules = [rule for rule in route["spec"].get("rules") or () if _is_probe(rule)]
    return {ref["name"]: ref for rule in rules for ref in rule.get("backendRefs") or ()}


def beside(route: Manifest, refs: Refs, *, scope: Scope) -> list[Mapping[str, Any]]:
    """Its rules, and those that keep these backends known."""
    return [*route["spec"]["rules"], *(_known(ref, scope) for ref in refs.values())]


def ahead(live: Manifest, refs: Refs, *, scope: Scope, revision: int) -> list[Mapping[str, Any]]:
    """Users' rules as they are, and those that make backends of a coming revision known."""
    answer = manifests.probe(scope, soon(revision))
    return [*_of_users(live), answer, *(_known(ref, scope) for ref in refs.values())]


def coming(live: Manifest) -> int:
    """The revision whose backends the gateway gets to know; 0 if there is none."""
    filters = [one for rule in live["spec"].get("rules") or () for one in rule.get("filters") or ()]
    hosts = [(one.get("requestRedirect") or {}).get("hostname") or "" for one in filters]
    return max((int(host.split("-")[2].partition(".")[0]) for host in hosts if host.startswith(_BEFORE)), default=0)


def soon(revision: int) -> str:
    """What a probe is answered by a gateway that knows the coming revision's backends."""
    return f"before-{manifests.probe_answer(revision)}"


def value(scope: Scope, backend: str) -> str:
    """Of the probe's header, for one backend."""
    return f"{manifests.probe_value(scope)}/{backend}"


def _of_users(route: Manifest) -> list[Mapping[str, Any]]:
    return [rule for rule in route["spec"].get("rules") or () if not _is_probe(rule)]


def _is_probe(rule: Mapping[str, Any]) -> bool:
    return any((match.get("path") or {}).get("value") == manifests.PROBE_PATH for match in rule.get("matches") or ())


def _known(ref: Mapping[str, Any], scope: Scope) -> Mapping[str, Any]:
    backend = {key: each for key, each in ref.items() if key != "weight"}
    return {"matches": [manifests.probed(value(scope, ref["name"]))], "backendRefs": [backend]}
