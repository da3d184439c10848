"""Routes in memory: the twin of EnvoyRouter for tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from keptn.errors import Refused
from keptn.events import Scope
from keptn.ports import Route


@dataclass(slots=True)
class MemoryRouter:
    """routes: what is in force. applied: every route in the order in which it came into force."""

    routes: dict[Scope, Route] = field(default_factory=dict)
    applied: list[Route] = field(default_factory=list)

    @classmethod
    def open(cls) -> MemoryRouter:
        return cls()

    def apply(self, route: Route) -> None:
        in_force = self.routes.get(route.scope)
        if in_force and route.revision < in_force.revision:
            raise Refused(
                f"revision {route.revision} of the route of {route.scope} is older than revision "
                f"{in_force.revision}, which is in force; nothing was done"
            )
        self.routes[route.scope] = route
        self.applied.append(route)

    def public_url(self, scope: Scope) -> str:
        return f"http://{scope.service}.{scope.stage}.{scope.project}.test"

    def own_url(self, scope: Scope, colour: str) -> str:
        return f"http://{colour}.{scope.service}.{scope.stage}.{scope.project}.test"

    def remove(self, scope: Scope) -> None:
        self.routes.pop(scope, None)
