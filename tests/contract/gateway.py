"""A namespace behind the Gateway of a real cluster: two workloads, and services that lead to them."""

from __future__ import annotations

import contextlib
import itertools
import ssl
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from keptn.adapters.kubernetes.objects import DEPLOYMENT, NAMESPACE, POD, SERVICE, Objects, Resource
from keptn.adapters.machine.system_clock import SystemClock
from keptn.adapters.router import gateway_api
from keptn.adapters.router.gateway_api import GatewayApiRouter
from keptn.deployment import manifests
from keptn.deployment.manifests import Exposure
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import COLOURS, Plan, Version
from keptn.errors import NotYet, Refused
from keptn.events import Scope
from keptn.ports import NO_PIN, Endpoint, Pin, Route
from keptn.settings import Settings
from tests import crowd
from tests.waiting import DEADLINE_S, until
from tests.world import digest_of

WORKLOAD = """
import http.server, os, signal
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    def do_GET(self):
        os.write(1, f"{self.path}\\n".encode())
        body = os.environ["COLOUR"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): ...
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
"""Answers with its colour, and writes down each path. It ends at once: who stops it has to know that nobody comes."""
HOSTNAME = "{service}.{project}-{stage}.test"
_numbers = itertools.count()


@dataclass(frozen=True)
class Stage:
    """A namespace of the test's own, with a workload of each colour. image: with python3.

    trust: the certificates that its users trust, where address is HTTPS.
    """

    objects: Objects
    gateway: str
    address: str
    image: str
    project: str
    trust: ssl.SSLContext | None = None

    @property
    def namespace(self) -> str:
        return f"{self.project}-prod"

    def run(self, name: str, colour: str) -> None:
        """A Deployment that answers with the colour; until it is ready."""
        labels = {"app": name}
        container = {
            "name": "workload",
            "image": self.image,
            "command": ["python3", "-c", WORKLOAD],
            "env": [{"name": "COLOUR", "value": colour}],
            "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        }
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        self.make(DEPLOYMENT, name, {"selector": {"matchLabels": labels}, "template": template})
        until(lambda: (self.objects.get(DEPLOYMENT, self.namespace, name) or {})["status"].get("readyReplicas"))

    def make(self, resource: Resource, name: str, spec: dict[str, Any]) -> None:
        metadata = {"name": name, "namespace": self.namespace}
        found = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": spec}
        self.objects.apply(resource, found)

    def heard(self, name: str) -> list[str]:
        """The paths that a workload was asked for."""
        (pod,) = self.objects.list(POD, self.namespace, labels={"app": name})
        return self.objects.logs(self.namespace, pod["metadata"]["name"], lines=100_000).splitlines()


@contextlib.contextmanager
def stage(*, gateway: str, address: str, image: str) -> Iterator[Stage]:
    made = Stage(Objects(), gateway, address, image, f"t-route-{uuid.uuid4().hex[:6]}")
    made.objects.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace}})
    try:
        for colour in COLOURS:
            made.run(colour, colour)
        yield made
    finally:
        made.objects.delete(NAMESPACE, "", made.namespace)


class Later(SystemClock):
    """A clock that is ahead."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


def reason(look: Callable[[], object]) -> str:
    """Why it is not in force yet."""
    with pytest.raises(NotYet) as caught:
        look()
    return str(caught.value)


def more(answers: list[Counter[str]]) -> None:
    """Wait until each user was answered fifty times more."""
    before = [seen.total() for seen in answers]
    until(lambda: all(seen.total() >= count + 50 for seen, count in zip(answers, before, strict=True)))


@dataclass
class GatewayWorld:
    """One service of a stage. servers: colour to the workload that its Service leads to."""

    stage: Stage
    servers: dict[str, str] = field(default_factory=dict)
    scope: Scope = field(init=False)
    router: GatewayApiRouter = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(project=self.stage.project, stage="prod", service=f"carts{next(_numbers)}")
        self.router = self.routing()

    def routing(self, *, address: str | None = None, clock: Any = None) -> GatewayApiRouter:
        at = self.stage.address if address is None else address
        settings = Settings(gateway=self.stage.gateway, gateway_address=at, hostname=HOSTNAME)
        return GatewayApiRouter.open(settings=settings, clock=clock or SystemClock())

    def serve(self, colour: str, *, workload: str = "") -> None:
        self.servers[colour] = workload or colour
        ports = [{"port": manifests.SERVICE_PORT, "targetPort": 8080}]
        spec = {"selector": {"app": self.servers[colour]}, "ports": ports}
        self.stage.make(SERVICE, f"{self.scope.service}-{colour}", spec)

    def routed(
        self,
        revision: int,
        weights: dict[str, int],
        *,
        mirror: str = "",
        pin: Pin = NO_PIN,
        candidate: str = "",
        gateway: str = "",
    ) -> Route:
        """As it is committed."""
        versions = {colour: Version(image="carts:0.1", digest=digest_of("0.1")) for colour in self.servers}
        plan = Plan(versions=versions, weights=weights, mirror=mirror, pin=pin, candidate=candidate)
        state = DesiredState(plan=plan, revision=revision)
        exposure = Exposure(gateway=gateway or self.stage.gateway, hostname=HOSTNAME)
        rendered = manifests.render(state, scope=self.scope, exposure=exposure)
        text = rendered[manifests.path(self.scope, "route")] or b""
        return manifests.route(
            text, scope=self.scope, endpoints={colour: Endpoint(host="h", port=80) for colour in self.servers}
        )

    def route(self, revision: int, weights: dict[str, int], **more: Any) -> None:
        route = self.routed(revision, weights, **more)
        self.apply(route)
        until(lambda: self.counts(route), what=route)

    def apply(self, route: Route) -> None:
        def look() -> bool:
            with contextlib.suppress(NotYet):
                return self.router.apply(route) is None
            return False

        until(look, what=route)

    def counts(self, route: Route) -> bool:
        with contextlib.suppress(NotYet):
            return self.router.in_force(route)
        return False

    def refused(self, route: Route) -> str:
        """What a controller says no to: at first it may be on its way, after half a minute that is an end."""
        self.apply(route)
        said = f"does not take the route {self.scope.service} in "
        until(lambda: said in reason(lambda: self.router.in_force(route)), what=said)
        with pytest.raises(Refused, match=said) as caught:
            self.routing(clock=Later(gateway_api.REFUSED_S)).in_force(route)
        return str(caught.value)

    @property
    def host(self) -> str:
        return str(urlsplit(self.router.public_url(self.scope)).hostname)

    def browser(self, **how: Any) -> httpx.Client:
        """Of one who knows the Gateway by its address alone: the name of the host is told in the handshake, too."""

        def name(request: httpx.Request) -> None:
            request.extensions["sni_hostname"] = request.headers["Host"]

        trust = {"verify": self.stage.trust} if self.stage.trust else {}
        return httpx.Client(event_hooks={"request": [name]}, **how, **trust)

    def users(self, number: int, path: str = "/", headers: dict[str, str] | None = None) -> Counter[str]:
        """What so many users get: the colour, or the status of what failed."""
        with self.browser(headers={**(headers or {}), "Host": self.host}, timeout=DEADLINE_S) as client:
            return Counter(crowd.said(client.get(self.stage.address + path)) for _ in range(number))

    @contextlib.contextmanager
    def load(self, *users: dict[str, str]) -> Iterator[list[Counter[str]]]:
        """Users, by the headers they send, who ask again and again; each one's answers are counted."""
        answers = [Counter[str]() for _ in users]
        here = [{**headers, "Host": self.host} for headers in users]
        notes = [lambda said, seen=seen: seen.update([said]) for seen in answers]
        with crowd.asking(here, lambda: self.stage.address, notes, browser=self.browser):
            yield answers
