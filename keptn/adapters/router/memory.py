"""Routes in memory: the twin of EnvoyRouter for tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from keptn.errors import Late
from keptn.events import Scope
from keptn.ports import Route


@dataclass(slots=True)
class MemoryRouter:
    """routes: the last that was applied. applied: all, in their order.

    slow_routes: how often `in_force` says no to each new route, first and again; a test may change it at any time.
    """

    pins: frozenset[str] = frozenset({"header", "cookie"})
    poll_s: float = 0.05
    routes: dict[Scope, Route] = field(default_factory=dict)
    applied: list[Route] = field(default_factory=list)
    slow_routes: int = 0
    _asked: dict[tuple[Scope, int], int] = field(default_factory=dict)

    @classmethod
    def open(cls) -> MemoryRouter:
        return cls()

    def apply(self, route: Route) -> None:
        known = self._fenced(route)
        self.routes[route.scope] = replace(route, endpoints={**(known.endpoints if known else {}), **route.endpoints})
        self.applied.append(route)

    def in_force(self, route: Route) -> bool:
        known = self._fenced(route)
        if known is None or known.revision != route.revision:
            return False
        key = (route.scope, route.revision)
        self._asked[key] = self._asked.get(key, 0) + 1
        return self._asked[key] > self.slow_routes

    def public_url(self, scope: Scope) -> str:
        return f"http://{scope.service}.{scope.stage}.{scope.project}.test"

    def own_url(self, scope: Scope, colour: str) -> str:
        return f"http://{colour}.{scope.service}.{scope.stage}.{scope.project}.test"

    def remove(self, scope: Scope) -> None:
        self.routes.pop(scope, None)
        self._asked = {key: count for key, count in self._asked.items() if key[0] != scope}

    def _fenced(self, route: Route) -> Route | None:
        known = self.routes.get(route.scope)
        if known and route.revision < known.revision:
            raise Late(
                f"revision {route.revision} of the route of {route.scope} is older than revision {known.revision}, "
                "which is in force; nothing was done"
            )
        return known
