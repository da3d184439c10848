"""Asks a gateway itself what it has of a route. Where that is, `gateway_listeners.py` reads from its Gateway."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from keptn.adapters.router.gateway_listeners import PORTS, Door
from keptn.deployment import manifests

TIMES = 10
"""In a row, each over a connection of its own: a gateway has several replicas, and each learns of a route by itself."""
TIMEOUT_S = 1.0


class Unreachable(Exception):
    """Nobody can be asked; the text says why, in half a sentence."""


def through(url: str, found: Sequence[Door]) -> list[Door]:
    """The same doors, reached by another way: by one of its scheme, if they are asked there. Raises Unreachable."""
    parts = urlsplit(url)
    ours = [door for door in found if door.scheme == parts.scheme]
    if found and not ours:
        raise Unreachable(f"{url} is {parts.scheme}, and the route is served over {found[0].scheme} alone")
    port, address = parts.port or PORTS[parts.scheme], parts.hostname or ""
    return [replace(door, port=port, address=address) for door in ours[:1]]


def other(found: Sequence[Door], *, value: str, fits: Callable[[str], bool]) -> str:
    """What a gateway answers that does not fit; empty if it is one that does. value: of the probe's header.

    An answer is the host that it redirects to, else a status. On which doors the route hangs, its status does not say:
    one that fits is enough, unless another has another revision of it (seen with Contour: for up to 95 ms). Raises
    Unreachable.
    """
    fitting, wrong, silent = 0, list[tuple[str, str]](), list[str]()
    for door in found:
        if door.shut:
            silent.append(door.shut)
            continue
        try:
            unfit = next((one for one in (_ask(door, value) for _ in range(TIMES)) if not fits(one)), "")
        except (OSError, HTTPException) as exc:
            silent.append(f"{door.address}:{door.port} does not answer ({exc or type(exc).__name__})")
            continue
        fitting += not unfit
        wrong += [(door.url, unfit)] if unfit else []
    if not (fitting or wrong):
        raise Unreachable("; ".join(silent) or "no listener of it serves this host name")
    count = [f"{url} answers {said}" for url, said in wrong if not fitting or said.endswith(manifests.PROBE_DOMAIN)]
    return "; ".join(count)


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
