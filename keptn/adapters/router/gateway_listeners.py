"""Which listeners of a Gateway serve a route, and why none does. Pure.

Source: Gateway API, Listener, ListenerStatus, ParentReference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.deployment import manifests
from keptn.events import Scope
from keptn.ports import Manifest

PORTS = {"https": 443, "http": 80}
"""Those that an address leaves out, by its scheme. HTTPS first: a plain listener beside it often only redirects."""
_WHY_NOT = (("Conflicted", "True"), ("ResolvedRefs", "False"), ("Accepted", "False"), ("Programmed", "False"))
"""Conditions of a listener that does not work, the one that says most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a host name is served. address: to connect to, empty if nobody says where that is.

    shut: why its listener does not work, as half a sentence; empty if nothing is known against it.
    """

    scheme: str
    host: str
    port: int
    address: str = ""
    shut: str = ""

    @property
    def url(self) -> str:
        """As users write it."""
        return f"{self.scheme}://{self.host}" + ("" if self.port == PORTS[self.scheme] else f":{self.port}")


def doors(gateway: Manifest, *, parent: Mapping[str, Any], hosts: Sequence[str], scope: Scope) -> list[Door]:
    """Of a route with this reference and these host names; those that do not work come last."""
    addresses = [str(one["value"]) for one in (gateway.get("status") or {}).get("addresses") or ()]
    found = [
        Door(
            scheme=scheme,
            host=host,
            port=int(one["port"]),
            address=next(iter(addresses), ""),
            shut=shut(one["name"], gateway),
        )
        for scheme in PORTS
        for host in (_concrete(host, scope) for host in hosts)
        for one in _named(gateway, parent)
        if _speaks(one) == scheme and _allows(one, gateway, scope) and _serves(one.get("hostname", ""), host)
    ]
    return sorted(found, key=lambda door: bool(door.shut))


def why_none(gateway: Manifest, *, parent: Mapping[str, Any], hosts: Sequence[str], scope: Scope) -> str:
    """What of its listeners keeps users from the route, as half a sentence; empty if one ought to serve it."""
    found = doors(gateway, parent=parent, hosts=hosts, scope=scope)
    if found:
        return found[0].shut
    named = [one for one in _named(gateway, parent) if _speaks(one)]
    if not named:
        what = f"listener {parent['sectionName']} for HTTP" if parent.get("sectionName") else "listener for HTTP"
        return f"it has no {what}: it has {_names(gateway['spec']['listeners'])}"
    allowing = [one for one in named if _allows(one, gateway, scope)]
    if not allowing:
        own = gateway["metadata"]["namespace"]
        return f"routes of namespace {own} alone may hang on its listener {_names(named)} (allowedRoutes)"
    served = ", ".join(f"{one['name']}: {one['hostname']}" for one in allowing)
    return f"none of its listeners serves {' or '.join(hosts)} ({served})"


def behind(gateway: Manifest, *, parent: Mapping[str, Any], hosts: Sequence[str], scope: Scope) -> str:
    """What of its listeners may be behind a controller's no, as half a sentence; empty if nothing is known.

    Contour takes a host from a listener whose pattern fits less closely than another's, even if the route may not hang
    on that one, or it does not work. Source: Contour 1.33, internal/dag/gatewayapi_processor.go, computeHosts.
    """
    if why := why_none(gateway, parent=parent, hosts=hosts, scope=scope):
        return why
    found = doors(gateway, parent=parent, hosts=hosts, scope=scope)
    if found[-1].shut:
        return found[-1].shut
    served = {_concrete(host, scope) for host in hosts}
    open_ = [one["name"] for one in _named(gateway, parent) if _allows(one, gateway, scope)]
    closer = [
        one
        for one in gateway["spec"]["listeners"]
        if one["name"] not in open_ and one.get("hostname") and any(_serves(one["hostname"], host) for host in served)
    ]
    told = ", ".join(f"{one['name']} ({one['hostname']})" for one in closer)
    return f"the host name of its listener {told} fits more closely, and the route may not hang on it" if told else ""


def shut(name: str, gateway: Manifest) -> str:
    """Why a listener does not work, as its controller says of this very generation; empty if nothing is known."""
    entries = (gateway.get("status") or {}).get("listeners") or ()
    said = {
        (one["type"], one["status"]): one
        for entry in entries
        if entry["name"] == name
        for one in entry.get("conditions") or ()
        if one.get("observedGeneration") == gateway["metadata"].get("generation")
    }
    if ("Programmed", "False") not in said:
        return ""
    why = next(said[one] for one in _WHY_NOT if one in said)
    return f"its listener {name} does not work: {why.get('message')} ({why.get('reason')})"


def _named(gateway: Manifest, parent: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those that a reference means: all, or the one of a name, or of a port."""
    section, port = parent.get("sectionName"), parent.get("port")
    return [
        one
        for one in gateway["spec"]["listeners"]
        if (not section or one["name"] == section) and (not port or one["port"] == port)
    ]


def _names(listeners: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(one["name"]) for one in listeners) or "none"


def _speaks(listener: Mapping[str, Any]) -> str:
    """The scheme of its addresses; empty if HTTPRoutes cannot hang on it."""
    scheme = str(listener["protocol"]).lower()
    return scheme if scheme in PORTS else ""


def _allows(listener: Mapping[str, Any], gateway: Manifest, scope: Scope) -> bool:
    """Whether routes of the stage may hang on it; of a selector of namespaces it is believed."""
    allowed = ((listener.get("allowedRoutes") or {}).get("namespaces") or {}).get("from", "Same")
    return allowed in {"All", "Selector"} or gateway["metadata"]["namespace"] == manifests.namespace(scope)


def _concrete(host: str, scope: Scope) -> str:
    """One of the names that a wildcard stands for."""
    return host.replace("*", scope.service, 1) if host.startswith("*.") else host


def _serves(pattern: str, host: str) -> bool:
    """Source: Gateway API, Listener.hostname."""
    return pattern in {"", host} or (pattern.startswith("*.") and host.endswith(pattern[1:]))
