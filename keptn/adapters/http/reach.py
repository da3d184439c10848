"""Where calls may lead whose addresses stand in files and secrets: chats, tickets, webhooks, gates' sources.

Who writes such a file must not get keptn to ask what only keptn can reach. The link of the machine (where clouds keep
their metadata) and multicast are refused always, the machine itself as KEPTN_OUTGOING_REFUSED says. What counts is the
address that a connection is really made to, so a name that means another one next time is of no use.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keptn.adapters.http import addresses
from keptn.adapters.http.addresses import Kind
from keptn.errors import Refused

if TYPE_CHECKING:
    import httpx

    from keptn.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """refused: kinds of addresses beside the link's. inside: globs of hosts that may have any address. hosts: globs of
    the only ones, if there are any. setting: the key that says `hosts`.
    """

    refused: Sequence[str] = ()
    inside: Sequence[str] = ()
    hosts: Sequence[str] = ()
    setting: str = "KEPTN_OUTGOING_HOSTS"

    def check_host(self, host: str) -> None:
        """Raises Refused for a host that is not among those that may be called."""
        if self.hosts and not _among(host, self.hosts):
            raise Refused(f"host {host!r} is not among those that may be called; its operator sets {self.setting}")

    def check(self, url: str) -> None:
        """Raises Refused for a URL that would not be called now, as far as it is known here."""
        try:
            host = (urlsplit(url).hostname or "").strip("[]")
        except ValueError:
            host = ""
        self.check_host(host)
        self.allowed(host, _resolved(host))

    def allowed(self, host: str, found: Sequence[str]) -> Sequence[str]:
        """Those of a host's addresses that may be called. Raises Refused if it has none but others."""
        if _among(host, self.inside):
            return found
        kinds = {address: addresses.kind(address) for address in found}
        fine = [address for address, kind in kinds.items() if kind is not Kind.LINK and kind not in self.refused]
        if found and not fine:
            address, kind = next(iter(kinds.items()))
            raise Refused(
                f"{host} leads to {address}, and keptn calls no {kind} address; correct the url, "
                "or let who installed keptn name the host in KEPTN_INSIDE_HOSTS"
            )
        return fine


def of(settings: Settings) -> Reach:
    """For chats, tickets and webhooks."""
    inside, refused = _globs(settings.inside_hosts), settings.outgoing_refused.split()
    return Reach(refused=refused, inside=inside, hosts=_globs(settings.outgoing_hosts))


def of_slis(settings: Settings) -> Reach:
    """For the sources of gates that a project's files name."""
    return replace(of(settings), hosts=_globs(settings.sli_hosts), setting="KEPTN_SLI_HOSTS")


def client(reach: Reach | None, **options: Any) -> httpx.Client:  # noqa: ANN401 - httpx's own
    """A client that follows no redirects and goes no further than that; None: an operator's own address."""
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole URLs, and a chat's URL is a secret
    made = httpx.Client(follow_redirects=False, **options)
    if reach is not None and not options.get("transport"):
        _hold(made, reach)
    return made


def _hold(made: httpx.Client, reach: Reach) -> None:
    """There is no way of httpx's own to say who connects; its transport's pool has (httpcore: `network_backend`)."""
    import httpcore

    class Connecting(httpcore.SyncBackend):
        """Connects to addresses that may be called, and to no name."""

        def connect_tcp(self, host: str, port: int, *args: Any, **more: Any) -> httpcore.NetworkStream:  # noqa: ANN401
            failed: Exception = httpcore.ConnectError(f"nobody knows {host} here")
            for address in reach.allowed(host, _resolved(host)):
                try:
                    return super().connect_tcp(address, port, *args, **more)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                    failed = exc
            raise failed

    def before(request: httpx.Request) -> None:
        host = request.url.raw_host.decode()
        reach.check_host(host)
        if made._transport_for_url(request.url) is not made._transport:  # a proxy connects, to what it knows itself
            reach.allowed(host, _resolved(host))

    made._transport._pool._network_backend = Connecting()  # type: ignore[attr-defined]
    made.event_hooks = {"request": [before]}


def _resolved(host: str) -> Sequence[str]:
    """None for a host that nobody knows here."""
    try:
        return [str(ipaddress.ip_address(host.partition("%")[0]))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _among(host: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(host.lower().rstrip("."), glob) for glob in globs)


def _globs(text: str) -> Sequence[str]:
    return text.lower().replace(",", " ").split()
