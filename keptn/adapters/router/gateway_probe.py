"""Asks a gateway itself what it has of a route. Where that gateway is, its Gateway object says.

Listeners with HTTPS come first: a plain one beside them often only redirects to them.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from keptn.deployment import manifests
from keptn.events import Scope
from keptn.ports import Manifest

TIMES = 10
"""In a row, each over a connection of its own: a gateway has several replicas, and each learns of a route by itself."""
TIMEOUT_S = 1.0
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a host name is served. address: to connect to, empty if nobody says where that is."""

    scheme: str
    host: str
    port: int
    address: str = ""

    @property
    def url(self) -> str:
        """As users write it."""
        return f"{self.scheme}://{self.host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


class Unreachable(Exception):
    """Nobody can be asked; the text says why, in half a sentence."""


def doors(gateway: Manifest, *, section: str, hosts: Sequence[str], scope: Scope) -> list[Door]:
    """Of a route with these host names. section: the listener that it hangs on, empty for all that take it."""
    addresses = [str(one["value"]) for one in (gateway.get("status") or {}).get("addresses") or ()]
    listeners = [one for one in gateway["spec"]["listeners"] if _takes(one, gateway, section=section, scope=scope)]
    return [
        Door(scheme=scheme, host=host, port=int(one["port"]), address=next(iter(addresses), ""))
        for scheme in _PORTS
        for host in (_concrete(host, scope) for host in hosts)
        for one in listeners
        if one["protocol"].lower() == scheme and _serves(one.get("hostname", ""), host)
    ]


def at(url: str, door: Door) -> Door:
    """The same door, reached by another way."""
    parts = urlsplit(url)
    return Door(
        scheme=parts.scheme, host=door.host, port=parts.port or _PORTS[parts.scheme], address=parts.hostname or ""
    )


def other(found: Sequence[Door], *, value: str, fits: Callable[[str], bool]) -> str:
    """What a gateway answers that does not fit; empty if all of it does. value: of the probe's header.

    An answer is the host that it redirects to, else a status. Raises Unreachable.
    """
    wrong, silent = list[str](), list[str]()
    for door in found:
        try:
            unfit = next((one for one in (_ask(door, value) for _ in range(TIMES)) if not fits(one)), "")
        except (OSError, HTTPException) as exc:
            silent.append(f"{door.address}:{door.port} does not answer ({exc or type(exc).__name__})")
            continue
        if not unfit:
            return ""
        wrong.append(f"{door.url} answers {unfit}")
    if not wrong:
        raise Unreachable("; ".join(silent) or "no listener of it serves this host name")
    return "; ".join(wrong)


def _ask(door: Door, value: str) -> str:
    if not door.address:
        raise OSError("its Gateway names no address")
    connection = HTTPConnection(door.address, door.port, timeout=TIMEOUT_S)
    connection.sock = socket.create_connection((door.address, door.port), timeout=TIMEOUT_S)
    try:
        if door.scheme == "https":
            connection.sock = _tls().wrap_socket(connection.sock, server_hostname=door.host)
        headers = {"Host": door.host, manifests.PROBE_HEADER: value, "Connection": "close"}
        connection.request("GET", manifests.PROBE_PATH, headers=headers)
        answer = connection.getresponse()
        return urlsplit(answer.getheader("location") or "").hostname or str(answer.status)
    finally:
        connection.close()


def _tls() -> ssl.SSLContext:
    """Whoever answers for the name: nothing secret is asked or told, and its certificate is its users' matter."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _takes(listener: Mapping[str, Any], gateway: Manifest, *, section: str, scope: Scope) -> bool:
    """Whether routes of the stage may hang on it; of a selector of namespaces it is believed."""
    allowed = ((listener.get("allowedRoutes") or {}).get("namespaces") or {}).get("from", "Same")
    near = gateway["metadata"]["namespace"] == manifests.namespace(scope)
    return (not section or listener["name"] == section) and (allowed in {"All", "Selector"} or near)


def _concrete(host: str, scope: Scope) -> str:
    """One of the names that a wildcard stands for."""
    return host.replace("*", scope.service, 1) if host.startswith("*.") else host


def _serves(pattern: str, host: str) -> bool:
    """Source: Gateway API, Listener.hostname."""
    return pattern in {"", host} or (pattern.startswith("*.") and host.endswith(pattern[1:]))
