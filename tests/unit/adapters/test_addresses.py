"""What an address is: the table by which outgoing calls are let go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.adapters.http import addresses
from keptn.adapters.http.addresses import Kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", Kind.WORLD),
        ("2606:2800:220:1:248:1893:25c8:1946", Kind.WORLD),
        ("10.1.2.3", Kind.PRIVATE),
        ("172.16.0.1", Kind.PRIVATE),
        ("192.168.0.1", Kind.PRIVATE),
        ("100.64.0.1", Kind.PRIVATE),
        ("fd12::1", Kind.PRIVATE),
        ("127.0.0.1", Kind.LOOPBACK),
        ("127.9.9.9", Kind.LOOPBACK),
        ("::1", Kind.LOOPBACK),
        ("::ffff:127.0.0.1", Kind.LOOPBACK),
        ("2002:7f00:1::", Kind.LOOPBACK),
        ("169.254.169.254", Kind.LINK),
        ("::ffff:169.254.169.254", Kind.LINK),
        ("64:ff9b::a9fe:a9fe", Kind.LINK),
        ("2002:a9fe:a9fe::1", Kind.LINK),
        ("fe80::1%eth0", Kind.LINK),
        ("fd00:ec2::254", Kind.LINK),
        ("168.63.129.16", Kind.LINK),
        ("100.100.100.200", Kind.LINK),
        ("224.0.0.1", Kind.LINK),
        ("ff02::1", Kind.LINK),
        ("0.0.0.0", Kind.LINK),
        ("0.1.2.3", Kind.LINK),
        ("::", Kind.LINK),
        ("255.255.255.255", Kind.LINK),
    ],
)
def test_an_address_is_the_worst_that_it_may_be(address, kind):
    """Whatever form it is written in."""
    assert addresses.kind(address) is kind


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_no_better_than_what_it_carries(address):
    """IPv6 is no way around the rules of IPv4."""
    for carried in (f"::ffff:{address}", str(ipaddress.IPv6Address(b"\0d\xff\x9b" + bytes(8) + address.packed))):
        own, worse = list(Kind).index(addresses.kind(str(address))), list(Kind).index(addresses.kind(carried))
        assert worse >= own
