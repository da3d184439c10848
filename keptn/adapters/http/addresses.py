"""What an address is to keptn: of the world, of a private network, of the machine itself, or never to be called."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Kind(StrEnum):
    """From the most harmless to the least."""

    WORLD = "world"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK = "link-local, metadata or multicast"


_ORDER = list(Kind)
_METADATA = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
)
"""Where clouds tell a machine its credentials, outside of its link: Azure, Alibaba, Oracle; AWS and Google by IPv6."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def kind(address: str) -> Kind:
    """The worst that the address may be; an IPv6 address is also the IPv4 one that it carries."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return max(map(_kind, (found, *_carried(found))), key=_ORDER.index)


def _kind(address: Address) -> Kind:
    if address.is_loopback:
        return Kind.LOOPBACK
    reserved = address.is_reserved and isinstance(address, ipaddress.IPv4Address)
    if address.is_link_local or address.is_multicast or address.is_unspecified or reserved or address in _METADATA:
        return Kind.LINK
    if isinstance(address, ipaddress.IPv4Address) and address.packed[0] == 0:  # this host on this network (RFC 1122)
        return Kind.LINK
    return Kind.WORLD if address.is_global else Kind.PRIVATE


def _carried(address: Address) -> Iterator[Address]:
    """Mapped (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour))
        if address in _NAT64:
            yield ipaddress.IPv4Address(address.packed[-4:])
