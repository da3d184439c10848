"""Listeners with HTTPS, on the Gateway of a real cluster: a certificate of the test's own, and users who look at it.

The test adds listeners to the Gateway that it is given, in its own name, and takes them away again.
"""

import base64
import contextlib
import ssl
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from keptn.adapters.kubernetes.objects import GATEWAY, HTTP_ROUTE, Resource
from keptn.adapters.router import gateway_api
from keptn.errors import Refused
from keptn.ports import Pin
from tests import needs, tls
from tests.contract.gateway import GatewayWorld, Later, Stage, more, reason
from tests.waiting import until

pytestmark = pytest.mark.cluster

PIN, PINNED = Pin(header="X-Canary", value="always"), {"x-canary": "always"}
SECRET = Resource(api_version="v1", kind="Secret", plural="secrets")
GRANT = Resource(api_version="gateway.networking.k8s.io/v1beta1", kind="ReferenceGrant", plural="referencegrants")
ALL = {"namespaces": {"from": "All"}}


@dataclass(frozen=True)
class Doors:
    """Listeners of the test on the given Gateway. name: of the one with HTTPS, of its Secret, and of who adds them.

    key, chain: PEM, for the stage's hosts.
    """

    stage: Stage
    name: str
    key: bytes
    chain: bytes

    @property
    def place(self) -> list[str]:
        return self.stage.gateway.split("/")

    @property
    def hosts(self) -> str:
        return f"*.{self.stage.namespace}.test"

    def listener(self, name: str = "", **change: Any) -> dict[str, Any]:
        """HTTPS for the stage's hosts; change: fields of it."""
        named = {"certificateRefs": [{"name": self.name}]}
        base = {"name": name or self.name, "protocol": "HTTPS", "port": 443, "hostname": self.hosts, "tls": named}
        changed = {**base, "allowedRoutes": ALL, **change}
        return {key: each for key, each in changed.items() if each is not None}

    def plain(self, name: str) -> dict[str, Any]:
        return self.listener(name, protocol="HTTP", port=80, tls=None)

    def put(self, *listeners: dict[str, Any]) -> None:
        """These instead of those before; until their controller has looked at them."""
        self._apply(*listeners)
        until(lambda: all(self._seen(one["name"]) for one in listeners), what=f"the listeners of {self.name}")

    def clear(self) -> None:
        self._apply()
        namespace, _ = self.place
        for where in (namespace, self.stage.namespace):
            self.stage.objects.delete(SECRET, where, self.name)

    def keep(self, namespace: str) -> None:
        """The certificate, in a Secret there."""
        data = {"tls.crt": self.chain, "tls.key": self.key}
        metadata = {"name": self.name, "namespace": namespace}
        encoded = {key: base64.b64encode(text).decode() for key, text in data.items()}
        content = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata}
        self.stage.objects.apply(SECRET, {**content, "data": encoded})

    def says(self, name: str) -> dict[str, str]:
        """Of a listener: kind to status of its conditions."""
        return {one["type"]: one["status"] for one in self._conditions(name)}

    def _seen(self, name: str) -> bool:
        now = self._gateway()["metadata"]["generation"]
        return bool(found := self._conditions(name)) and all(one["observedGeneration"] >= now for one in found)

    def _conditions(self, name: str) -> list[dict[str, Any]]:
        listeners = self._gateway()["status"].get("listeners", ())
        return next((one["conditions"] for one in listeners if one["name"] == name), [])

    def _gateway(self) -> dict[str, Any]:
        return self.stage.objects.get(GATEWAY, *self.place) or {}

    def _apply(self, *listeners: dict[str, Any]) -> None:
        namespace, name = self.place
        metadata = {"name": name, "namespace": namespace}
        content = {"apiVersion": GATEWAY.api_version, "kind": GATEWAY.kind, "metadata": metadata}
        self.stage.objects.apply(GATEWAY, {**content, "spec": {"listeners": list(listeners)}}, manager=self.name)


@pytest.fixture
def doors(gateway_stage: Stage) -> Iterator[Doors]:
    """None yet, and its certificate in a Secret beside the Gateway."""
    address = needs.on_cluster("KEPTN_GATEWAY_TLS_ADDRESS")
    key, chain = tls.certificate(f"*.{gateway_stage.namespace}.test")
    trust = ssl.create_default_context(cadata=chain.decode())
    stage = replace(gateway_stage, address=address, trust=trust)
    found = Doors(stage, f"t-tls-{uuid.uuid4().hex[:6]}", key, chain)
    try:
        found.keep(found.place[0])
        yield found
    finally:
        found.clear()


@pytest.fixture
def secure(doors: Doors) -> GatewayWorld:
    """A service whose route hangs on a listener with HTTPS, by its name."""
    doors.put(doors.listener())
    return world(replace(doors.stage, gateway=f"{doors.stage.gateway}/{doors.name}"))


def world(stage: Stage) -> GatewayWorld:
    made = GatewayWorld(stage)
    made.serve("blue")
    made.serve("green")
    return made


def test_users_come_by_https(secure: GatewayWorld) -> None:
    """To the listener that the settings name, with its certificate; by weight, by header, each copied to the mirror."""
    url = f"https://{secure.scope.service}.{secure.stage.namespace}.test"
    assert secure.router.public_url(secure.scope) == url
    secure.route(1, {"blue": 75, "green": 25}, pin=PIN, candidate="green")
    assert secure.router.public_url(secure.scope) == url
    assert 40 <= secure.users(300)["green"] <= 115
    assert secure.users(50, headers=PINNED) == {"green": 50}
    secure.route(2, {"blue": 100}, mirror="green")
    path = f"/{secure.scope.service}"
    assert secure.users(50, path) == {"blue": 50}
    until(lambda: secure.stage.heard("green").count(path) == 50, what="50 copies")


def test_what_is_in_force_counts_for_everybody(secure: GatewayWorld) -> None:
    """Over HTTPS no later request meets the route before it."""
    for revision in range(1, 4):
        colour = ("blue", "green")[revision % 2]
        secure.route(revision, {colour: 100})
        assert secure.users(50) == {colour: 50}


def test_growing_weights_fail_no_request(secure: GatewayWorld) -> None:
    """Up to the release, and those with the header see the candidate throughout."""
    secure.route(1, {"blue": 100}, pin=PIN, candidate="green")
    with secure.load({}, {}, PINNED) as answers:
        for revision, percent in enumerate((5, 50), start=2):
            secure.route(revision, {"blue": 100 - percent, "green": percent}, pin=PIN, candidate="green")
            more(answers)
        secure.route(4, {"green": 100})
        more(answers)
    *users, pinned = answers
    assert pinned.keys() == {"green"}
    assert sum(users, Counter()).keys() == {"blue", "green"}


def test_plain_http_beside_it_only_redirects(doors: Doors) -> None:
    """By a route of its operator; ours hangs on HTTPS alone, and an address without it is no way to ask for ours."""
    plain, host = f"{doors.name}-plain", f"{doors.name}.{doors.stage.namespace}.test"
    doors.put(doors.listener(), doors.plain(plain))
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    namespace, name = doors.place
    parent = {"name": name, "namespace": namespace, "sectionName": plain}
    doors.stage.make(
        HTTP_ROUTE, doors.name, {"parentRefs": [parent], "hostnames": [doors.hosts], "rules": [{"filters": [redirect]}]}
    )
    http = needs.on_cluster("KEPTN_GATEWAY_ADDRESS")

    def redirects() -> bool:
        with contextlib.suppress(httpx.TransportError):  # nobody listens before there is a route
            return httpx.get(http, headers={"Host": host}).status_code == 301
        return False

    until(redirects, what="the redirect")

    found = world(replace(doors.stage, gateway=f"{doors.stage.gateway}/{doors.name}"))
    found.route(1, {"blue": 100})
    assert found.users(20) == {"blue": 20}
    answer = httpx.get(f"{http}/basket?n=1", headers={"Host": found.host})
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{found.host}/basket?n=1")
    route = found.routed(2, {"green": 100})
    found.apply(route)
    there = found.routing(address=http)
    said = until(lambda: "is http, and the route" in (why := reason(lambda: there.in_force(route))) and why)
    assert said.endswith(f"({http} is http, and the route is served over https alone); set KEPTN_GATEWAY_ADDRESS")


def test_https_is_the_address_where_both_serve(doors: Doors) -> None:
    """With the port of the listener, where that is another."""
    doors.put(doors.listener())
    found, http = world(doors.stage), needs.on_cluster("KEPTN_GATEWAY_ADDRESS")
    found.route(1, {"blue": 100})
    assert found.users(20) == {"blue": 20}
    assert {httpx.get(http, headers={"Host": found.host}).text for _ in range(20)} == {"blue"}
    assert found.router.public_url(found.scope) == f"https://{found.host}"
    doors.put(doors.listener(port=8443))
    assert found.router.public_url(found.scope) == f"https://{found.host}:8443"


def test_a_certificate_from_another_namespace(doors: Doors) -> None:
    """Not without its owner's grant: until then the sentence says so, and with it the same route comes into force."""
    namespace, _ = doors.place
    there = doors.stage.namespace
    doors.keep(there)
    doors.put(doors.listener(tls={"certificateRefs": [{"name": doors.name, "namespace": there}]}))
    found = world(replace(doors.stage, gateway=f"{doors.stage.gateway}/{doors.name}"))
    route = found.routed(1, {"blue": 100})
    said = found.refused(route)
    assert f"; its listener {doors.name} does not work: " in said
    assert "(RefNotPermitted); correct that, or KEPTN_GATEWAY and the service's values file" in said

    of = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": namespace}
    grant = {"from": [of], "to": [{"group": "", "kind": "Secret", "name": doors.name}]}
    doors.stage.make(GRANT, doors.name, grant)
    until(lambda: found.counts(route), what=route)
    assert found.users(20) == {"blue": 20}


def elsewhere(doors: Doors) -> dict[str, Any]:
    return doors.listener(hostname=f"*.elsewhere-{doors.name}.test")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda doors: doors.listener(tls={"certificateRefs": [{"name": "t-tls-nobody"}]}),
            "its listener {name} does not work: .*t-tls-nobody.*(InvalidCertificateRef)",
        ),
        (elsewhere, "none of its listeners serves {host} ({name}: *.elsewhere-{name}.test)"),
        (
            lambda doors: doors.listener(allowedRoutes={"namespaces": {"from": "Same"}}),
            "routes of namespace {namespace} alone may hang on its listener {name} (allowedRoutes)",
        ),
        (lambda doors: doors.listener(f"{doors.name}-2"), "it has no listener {name} for HTTP: it has .*{name}-2"),
    ],
    ids=["no certificate", "another host name", "its own namespace", "another name"],
)
def test_a_listener_that_serves_nobody(doors: Doors, wrong: Callable[[Doors], dict[str, Any]], said: str) -> None:
    """One sentence says what of it keeps users away; and who has users elsewhere does not leave for it."""
    plain = f"{doors.name}-plain"
    doors.put(wrong(doors), doors.plain(plain))
    named = f"{doors.stage.gateway}/{doors.name}"
    found = world(replace(doors.stage, gateway=named))
    expected = [part.format(name=doors.name, host=found.host, namespace=doors.place[0]) for part in said.split(".*")]
    refusal = found.refused(found.routed(1, {"blue": 100}))
    assert all(part in refusal for part in expected), refusal

    users = world(replace(doors.stage, gateway=f"{doors.stage.gateway}/{plain}"))
    users.router = users.routing(address=needs.on_cluster("KEPTN_GATEWAY_ADDRESS"))
    users.route(1, {"blue": 100})
    with pytest.raises(Refused, match="users stay where they are") as caught:
        users.router.apply(users.routed(2, {"green": 100}, gateway=named))
    assert all(part.replace(found.host, users.host) in str(caught.value) for part in expected), caught.value


def test_a_listener_without_a_certificate_beside_one_that_works(doors: Doors) -> None:
    """Users have the address at which they are answered; unless the other has a host name that fits more closely."""
    nobody = {"certificateRefs": [{"name": "t-tls-nobody"}]}
    doors.put(doors.listener(port=8443, hostname=None, tls=nobody))
    found = world(replace(doors.stage, address=needs.on_cluster("KEPTN_GATEWAY_ADDRESS"), trust=None))
    found.route(1, {"blue": 100})
    assert found.router.public_url(found.scope) == f"http://{found.host}"
    assert found.users(20) == {"blue": 20}
    doors.put(doors.listener(tls=nobody))
    said = found.refused(found.routed(2, {"blue": 100}))
    assert f"its listener {doors.name} does not work: " in said


def test_a_certificate_that_is_taken_away(secure: GatewayWorld, doors: Doors) -> None:
    """What was in force stays known as such; the next change says what is wrong, and comes when it is back."""
    secure.route(1, {"blue": 100})
    doors.stage.objects.delete(SECRET, doors.place[0], doors.name)
    until(lambda: doors.says(doors.name).get("Programmed") == "False", what="no certificate")
    route = secure.routed(2, {"green": 100})
    secure.router = secure.routing(clock=Later(gateway_api.SETTLE_S))  # that green is known, nobody can ask
    secure.apply(route)
    secure.router = secure.routing()
    until(lambda: "does not work" in reason(lambda: secure.router.in_force(route)), what="the reason")
    with pytest.raises(Refused, match="does not work"):
        secure.routing(clock=Later(gateway_api.REFUSED_S)).in_force(route)
    doors.keep(doors.place[0])
    until(lambda: secure.counts(route), what=route)
    assert secure.users(20) == {"green": 20}
