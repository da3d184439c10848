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
from keptn.errors import Late, Unavailable
from keptn.events import Scope
from keptn.ports import Endpoint, Pin, Route
from keptn.settings import Settings

CONFIRM_S = 5.0
"""How long Envoy may take to put new clusters in force; it takes milliseconds."""
SETTLE_S = 0.05
"""Envoy's workers learn of a new route shortly after its main thread confirmed it."""
DRAIN_S = 10.0
"""How long open requests of a colour that lost its traffic are waited for."""
POLL_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A file of Envoy, and the stat that says which version of it is in force."""

    file: str
    stat: str
    content: bytes = b""


_CLUSTERS = _Written(file="cds.json", stat="cluster_manager.cds")
_LISTENERS = _Written(file="lds.json", stat="listener_manager.lds")


class EnvoyRouter:
    """state_dir: folder of the embedded adapters."""

    pins = frozenset({"header", "cookie"})
    poll_s = 0.05

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir.resolve() / "envoy"
        self._ports = PortBook(state_dir.resolve())

    @classmethod
    def open(cls, *, settings: Settings) -> EnvoyRouter:
        return cls(settings.state_dir)

    def apply(self, route: Route) -> None:
        """Write its files. What is referred to comes first: Envoy has new clusters before it reads of them.

        All routes are written, for one that died here may have left a new listener's route unwritten.
        """
        with locked_json.locked(self._state):
            routes = self._routes()
            known = routes.get(route.scope)
            _check_fence(route, known)
            routes[route.scope] = _with_known_endpoints(route, known)
            self._remember(routes)
            clusters = self._clusters(routes)
            self._put(clusters)
            self._confirm(clusters)
            for written in (*map(self._public, routes.values()), self._listeners(routes)):
                self._put(written)

    def in_force(self, route: Route) -> bool:
        """Envoy says so on its admin port: it has what is on the disk for all services, and of this one this route."""
        routes = self._routes()
        known = routes.get(route.scope)
        _check_fence(route, known)
        if known is None or known.revision != route.revision:
            return False
        taken = self._is_confirmed(self._shared(_CLUSTERS)) and self._is_confirmed(self._shared(_LISTENERS))
        return taken and self._is_confirmed(self._public(known)) and self._is_drained(known)

    def public_url(self, scope: Scope) -> str:
        return f"http://{HOST}:{self._port(scope, 'public')}"

    def own_url(self, scope: Scope, colour: str) -> str:
        return f"http://{HOST}:{self._port(scope, colour)}"

    def remove(self, scope: Scope) -> None:
        with locked_json.locked(self._state):
            routes = self._routes()
            if routes.pop(scope, None) is None:
                return
            self._remember(routes)
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

    def _clusters(self, routes: Mapping[Scope, Route]) -> _Written:
        content = envoy_config.resources(envoy_config.clusters(routes, self._all_ports(routes)))
        return replace(_CLUSTERS, content=content)

    def _listeners(self, routes: Mapping[Scope, Route]) -> _Written:
        found = envoy_config.listeners(routes, self._all_ports(routes), folder=str(self._folder))
        return replace(_LISTENERS, content=envoy_config.resources(found))

    def _shared(self, written: _Written) -> _Written:
        """As it lies on the disk, whoever wrote it last: another service's step may have died before it did."""
        file = self._folder / written.file
        return replace(written, content=file.read_bytes() if file.exists() else b"")

    def _public(self, route: Route) -> _Written:
        content = envoy_config.resources([envoy_config.public_route(route)])
        stat = f"http.{envoy_config.listener(route.scope, '')}.rds.{route.scope}".replace(":", "_")
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

    def _is_confirmed(self, written: _Written) -> bool:
        version = envoy_config.version(written.content) if written.content else None
        return self._admin.version(written.stat) == version

    def _confirm(self, written: _Written) -> None:
        deadline = time.monotonic() + CONFIRM_S
        while not self._is_confirmed(written):
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Envoy did not take {self._folder / written.file} within {CONFIRM_S:g} s; "
                    f"{self._folder / 'envoy.log'} says why"
                )
            time.sleep(POLL_S)

    def _is_drained(self, route: Route) -> bool:
        """Whether colours without user traffic have answered what they had, or have had their time.

        A candidate that a header leads to is not leaving, whatever its weight.
        """
        confirmed_at = self._confirmed_at(route)
        age_s = time.time() - confirmed_at
        if not 0 <= age_s < DRAIN_S:  # below 0: the machine's clock was set back
            return True
        pinned = route.candidate if route.pin.header else ""
        leaving = [colour for colour in COLOURS if colour not in (*route.weights, route.mirror, pinned)]
        clusters = [envoy_config.own_cluster(route.scope, colour) for colour in leaving]
        return age_s >= SETTLE_S and not any(map(self._admin.open_to_cluster, clusters))

    def _confirmed_at(self, route: Route) -> float:
        """Unix time at which a process first saw it in force; whoever asks first writes it down."""
        with locked_json.locked(self._state):
            stored = locked_json.read(self._state)
            confirmed = stored.setdefault("confirmed", {})
            revision, at = confirmed.get(str(route.scope), (0, 0.0))
            if revision != route.revision:
                at = time.time()
                confirmed[str(route.scope)] = (route.revision, at)
                locked_json.write(self._state, stored)
            return float(at)

    @property
    def _admin(self) -> EnvoyAdmin:
        return EnvoyAdmin(self._ports.port("envoy/admin"))

    @property
    def _state(self) -> Path:
        return self._folder / "state.json"

    def _routes(self) -> dict[Scope, Route]:
        stored = map(_route, locked_json.read(self._state).get("routes", []))
        return {route.scope: route for route in stored}

    def _remember(self, routes: Mapping[Scope, Route]) -> None:
        """The routes; and when each was confirmed, for those that are left."""
        left = {str(scope) for scope in routes}
        confirmed = locked_json.read(self._state).get("confirmed", {})
        kept = {scope: when for scope, when in confirmed.items() if scope in left}
        locked_json.write(self._state, {"routes": [_dump(route) for route in routes.values()], "confirmed": kept})

    def _all_ports(self, routes: Mapping[Scope, Route]) -> dict[Scope, dict[str, int]]:
        return {scope: {name: self._port(scope, name) for name in ("public", *COLOURS)} for scope in routes}

    def _port(self, scope: Scope, name: str) -> int:
        return self._ports.port(f"envoy/{scope}/{name}")


def _check_fence(route: Route, known: Route | None) -> None:
    if known and route.revision < known.revision:
        raise Late(
            f"revision {route.revision} of the route of {route.scope} is older than revision {known.revision}, "
            "which is in force; nothing was done"
        )


def _with_known_endpoints(route: Route, known: Route | None) -> Route:
    """A colour that goes keeps its address: clusters change before the route does, and users are still with it.

    The address is that colour's for good (port_book.py), so nobody else answers there later.
    """
    return replace(route, endpoints={**(known.endpoints if known else {}), **route.endpoints})


def _dump(route: Route) -> dict[str, Any]:
    """Without the manifest: what Envoy needs of it stands in the other fields."""
    return {**asdict(replace(route, endpoints=dict(route.endpoints), manifest={})), "manifest": {}}


def _route(data: Mapping[str, Any]) -> Route:
    endpoints = {colour: Endpoint(**address) for colour, address in data["endpoints"].items()}
    pin = Pin(**data.get("pin", {}))
    return Route(**{**data, "scope": Scope(**data["scope"]), "endpoints": endpoints, "pin": pin})
