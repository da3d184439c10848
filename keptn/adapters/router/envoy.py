"""User traffic through one Envoy, configured by files: `<state_dir>/envoy/`.

A route changes when a new file is renamed over the old one; Envoy says on its admin port which version is in force.
Any process may change routes; `envoy_process.py` runs Envoy itself, and `envoy_config.py` knows its language.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from keptn.adapters.machine import locked_json
from keptn.adapters.machine.port_book import HOST, PortBook
from keptn.adapters.router import envoy_config
from keptn.adapters.router.envoy_admin import EnvoyAdmin
from keptn.deployment.strategy import COLOURS
from keptn.errors import Refused, Unavailable
from keptn.events import Scope
from keptn.ports import Endpoint, Route
from keptn.settings import Settings

CONFIRM_S = 5.0
"""How long Envoy may take to put a file in force; it takes milliseconds."""
SETTLE_S = 0.05
"""Envoy's workers learn of a new route shortly after its main thread confirmed it."""
DRAIN_S = 10.0
"""How long open requests of a colour that lost its traffic are waited for."""
POLL_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A file of Envoy, and the stat that says which version of it is in force."""

    file: str
    content: bytes
    stat: str


class EnvoyRouter:
    """state_dir: folder of the embedded adapters."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir.resolve() / "envoy"
        self._ports = PortBook(state_dir.resolve())

    @classmethod
    def open(cls, *, settings: Settings) -> EnvoyRouter:
        return cls(settings.state_dir)

    def apply(self, route: Route) -> None:
        with locked_json.locked(self._state):
            routes = self._routes()
            in_force = routes.get(route.scope)
            _check_fence(route, in_force)
            routes[route.scope] = _with_known_endpoints(route, in_force)
            locked_json.write(self._state, _dump(routes))
            self._write_in_order(routes, route)
        self._drain(route)

    def public_url(self, scope: Scope) -> str:
        return f"http://{HOST}:{self._port(scope, 'public')}"

    def own_url(self, scope: Scope, colour: str) -> str:
        return f"http://{HOST}:{self._port(scope, colour)}"

    def remove(self, scope: Scope) -> None:
        with locked_json.locked(self._state):
            routes = self._routes()
            if routes.pop(scope, None) is None:
                return
            locked_json.write(self._state, _dump(routes))
            self._put(self._listeners(routes))
            self._put(self._clusters(routes))
            (self._folder / envoy_config.route_file(scope)).unlink(missing_ok=True)
        self._ports.forget(f"envoy/{scope}/")

    def write_all(self) -> None:
        """Write every file as the stored routes say: before Envoy starts."""
        with locked_json.locked(self._state):
            routes = self._routes()
            for written in (self._clusters(routes), *map(self._public, routes.values()), self._listeners(routes)):
                self._put(written)

    def _write_in_order(self, routes: Mapping[Scope, Route], route: Route) -> None:
        """What is referred to comes first: clusters, then the route, then listeners that a new service needs.

        A listener that is new reads its route itself, so the route is confirmed last.
        """
        clusters, public, listeners = self._clusters(routes), self._public(route), self._listeners(routes)
        self._put(clusters)
        self._confirm(clusters)
        self._put(public)
        self._put(listeners)
        self._confirm(listeners)
        self._confirm(public)

    def _clusters(self, routes: Mapping[Scope, Route]) -> _Written:
        content = envoy_config.resources(envoy_config.clusters(routes, self._all_ports(routes)))
        return _Written(file="cds.json", content=content, stat="cluster_manager.cds")

    def _listeners(self, routes: Mapping[Scope, Route]) -> _Written:
        found = envoy_config.listeners(routes, self._all_ports(routes), folder=str(self._folder))
        return _Written(file="lds.json", content=envoy_config.resources(found), stat="listener_manager.lds")

    def _public(self, route: Route) -> _Written:
        content = envoy_config.resources([envoy_config.public_route(route)])
        stat = f"http.public.rds.{str(route.scope).replace(':', '_')}"
        return _Written(file=envoy_config.route_file(route.scope), content=content, stat=stat)

    def _put(self, written: _Written) -> None:
        """Rename the new file over the old one: Envoy watches for that, and reads it whole."""
        target = self._folder / written.file
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.read_bytes() == written.content:
            return
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        fresh.write_bytes(written.content)
        fresh.replace(target)

    def _confirm(self, written: _Written) -> None:
        wanted, deadline = envoy_config.version(written.content), time.monotonic() + CONFIRM_S
        while self._admin.version(written.stat) != wanted:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Envoy did not take {self._folder / written.file} within {CONFIRM_S:g} s; "
                    f"{self._folder / 'envoy.log'} says why"
                )
            time.sleep(POLL_S)

    def _drain(self, route: Route) -> None:
        """Wait until colours without user traffic have answered what they had."""
        time.sleep(SETTLE_S)
        deadline = time.monotonic() + DRAIN_S
        for colour in COLOURS:
            cluster = envoy_config.own_cluster(route.scope, colour)
            while colour not in (*route.weights, route.mirror) and self._admin.open_requests(cluster):
                if time.monotonic() > deadline:
                    return
                time.sleep(POLL_S)

    @property
    def _admin(self) -> EnvoyAdmin:
        return EnvoyAdmin(self._ports.port("envoy/admin"))

    @property
    def _state(self) -> Path:
        return self._folder / "state.json"

    def _routes(self) -> dict[Scope, Route]:
        stored = map(_route, locked_json.read(self._state).get("routes", []))
        return {route.scope: route for route in stored}

    def _all_ports(self, routes: Mapping[Scope, Route]) -> dict[Scope, dict[str, int]]:
        return {scope: {name: self._port(scope, name) for name in ("public", *COLOURS)} for scope in routes}

    def _port(self, scope: Scope, name: str) -> int:
        return self._ports.port(f"envoy/{scope}/{name}")


def _check_fence(route: Route, in_force: Route | None) -> None:
    if in_force and route.revision < in_force.revision:
        raise Refused(
            f"revision {route.revision} of the route of {route.scope} is older than revision {in_force.revision}, "
            "which is in force; nothing was done"
        )


def _with_known_endpoints(route: Route, in_force: Route | None) -> Route:
    """A colour that goes keeps its address: clusters change before the route does, and users are still with it.

    The address is that colour's for good (port_book.py), so nobody else answers there later.
    """
    return replace(route, endpoints={**(in_force.endpoints if in_force else {}), **route.endpoints})


def _dump(routes: Mapping[Scope, Route]) -> dict[str, Any]:
    return {"routes": [asdict(replace(route, endpoints=dict(route.endpoints))) for route in routes.values()]}


def _route(data: Mapping[str, Any]) -> Route:
    endpoints = {colour: Endpoint(**address) for colour, address in data["endpoints"].items()}
    return Route(**{**data, "scope": Scope(**data["scope"]), "endpoints": endpoints})
