"""Where the listeners of a Gateway serve a route, and what keeps users from it."""

from typing import Any

import pytest

from keptn.adapters.router import gateway_listeners
from keptn.events import Scope

SCOPE = Scope(project="sockshop", stage="prod", service="carts")


def listener(name: str = "http", protocol: str = "HTTP", port: int = 80, **more: Any) -> dict[str, Any]:
    return {"name": name, "protocol": protocol, "port": port, "allowedRoutes": {"namespaces": {"from": "All"}}, **more}


HTTPS = listener("https", "HTTPS", 443, hostname="*.example.org")
NO_CERTIFICATE = {
    "name": "https",
    "conditions": [
        {"type": "Accepted", "status": "True", "observedGeneration": 2},
        {
            "type": "Programmed",
            "status": "False",
            "reason": "Invalid",
            "message": "see others",
            "observedGeneration": 2,
        },
        {
            "type": "ResolvedRefs",
            "status": "False",
            "reason": "InvalidCertificateRef",
            "message": "Secret shop not found",
            "observedGeneration": 2,
        },
    ],
}


def asked(*listeners: dict[str, Any], host: str = "carts.example.org", said: Any = (), **parent: Any) -> dict[str, Any]:
    gateway = {
        "metadata": {"name": "public", "namespace": "infra", "generation": 2},
        "spec": {"listeners": list(listeners)},
        "status": {"addresses": [{"type": "IPAddress", "value": "192.0.2.7"}], "listeners": list(said)},
    }
    return {"gateway": gateway, "parent": {"name": "public", **parent}, "hosts": [host], "scope": SCOPE}


def doors(*listeners: dict[str, Any], **more: Any) -> list[str]:
    return [door.url for door in gateway_listeners.doors(**asked(*listeners, **more))]


def why(*listeners: dict[str, Any], **more: Any) -> str:
    return gateway_listeners.why_none(**asked(*listeners, **more))


SAME = listener(allowedRoutes={"namespaces": {"from": "Same"}})


@pytest.mark.parametrize(
    ("listeners", "found"),
    [
        ([listener()], ["http://carts.example.org"]),
        ([listener(), HTTPS], ["https://carts.example.org", "http://carts.example.org"]),
        ([listener(port=8080), listener("tls", "TLS", 444)], ["http://carts.example.org:8080"]),
        ([listener("https", "HTTPS", 8443)], ["https://carts.example.org:8443"]),
        ([listener(hostname="carts.example.org")], ["http://carts.example.org"]),
        ([listener(hostname="example.org"), listener(hostname="*.example.net")], []),
        ([SAME, listener(allowedRoutes=None)], []),
        ([], []),
    ],
)
def test_a_route_is_served_where_a_listener_takes_it(listeners: list[dict[str, Any]], found: list[str]) -> None:
    """Its protocol, its host name, its namespaces; HTTPS first."""
    assert doors(*listeners) == found
    assert bool(why(*listeners)) == (not found)


def test_a_listener_that_the_route_names_is_the_only_one() -> None:
    assert doors(listener(), HTTPS, sectionName="http") == ["http://carts.example.org"]
    assert doors(listener(), HTTPS, port=443) == ["https://carts.example.org"]


def test_of_a_wildcard_one_name_is_asked() -> None:
    assert doors(HTTPS, host="*.shop.example.org") == ["https://carts.shop.example.org"]


def test_a_listener_that_does_not_work_comes_last() -> None:
    """Users are sent where they are answered; and where nobody is, it is said why."""
    assert doors(listener(), HTTPS, said=[NO_CERTIFICATE]) == ["http://carts.example.org", "https://carts.example.org"]
    assert why(listener(), HTTPS, said=[NO_CERTIFICATE]) == ""
    said = "its listener https does not work: Secret shop not found (InvalidCertificateRef)"
    assert why(listener(), HTTPS, said=[NO_CERTIFICATE], sectionName="https") == said
    assert [door.shut for door in gateway_listeners.doors(**asked(HTTPS, said=[NO_CERTIFICATE]))] == [said]


def test_what_was_said_of_another_generation_counts_no_more() -> None:
    before = [{**one, "observedGeneration": 1} for one in NO_CERTIFICATE["conditions"]]
    assert why(HTTPS, said=[{"name": "https", "conditions": before}]) == ""


def behind(*listeners: dict[str, Any], **more: Any) -> str:
    return gateway_listeners.behind(**asked(*listeners, **more))


def test_what_may_be_behind_a_no() -> None:
    """Of a controller, though a listener ought to serve: another one takes the host from it."""
    said = "the host name of its listener https (*.example.org) fits more closely, and the route may not hang on it"
    assert behind(listener(), HTTPS, sectionName="http") == said
    assert behind(listener(), {**HTTPS, "allowedRoutes": None}) == said
    assert behind(listener(), HTTPS, said=[NO_CERTIFICATE]).endswith("Secret shop not found (InvalidCertificateRef)")
    assert behind(listener(), HTTPS) == behind(listener(), HTTPS, sectionName="http", host="shop.test") == ""
    assert behind(SAME) == why(SAME) != ""


@pytest.mark.parametrize(
    ("listeners", "section", "said"),
    [
        ([listener(), HTTPS], "tls", "it has no listener tls for HTTP: it has http, https"),
        ([listener("tls", "TLS", 444)], "", "it has no listener for HTTP: it has tls"),
        ([SAME], "", "routes of namespace infra alone may hang on its listener http (allowedRoutes)"),
        (
            [HTTPS, listener(hostname="shop.test")],
            "",
            "none of its listeners serves carts.example.com (https: *.example.org, http: shop.test)",
        ),
    ],
)
def test_what_keeps_users_from_a_route_is_said(listeners: list[dict[str, Any]], section: str, said: str) -> None:
    assert why(*listeners, host="carts.example.com", sectionName=section) == said
