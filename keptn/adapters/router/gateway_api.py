"""User traffic through a Gateway of the cluster: the committed HTTPRoute, applied as it is. Made by `context.py`.

Whether it counts is asked of the controllers (`gateway_status.py`) and of the gateway itself (`gateway_probe.py`).
What has to outlive a process stands in annotations of the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from keptn.adapters.kubernetes import race
from keptn.adapters.kubernetes.objects import FIELD_MANAGER, GATEWAY, HTTP_ROUTE, NOTES_MANAGER, Objects
from keptn.adapters.router import gateway_listeners, gateway_probe, gateway_rules, gateway_status
from keptn.adapters.router.gateway_listeners import Door
from keptn.adapters.router.gateway_probe import Unreachable
from keptn.deployment import manifests
from keptn.deployment.manifests import probe_answer
from keptn.errors import Late, LostRace, NotYet, Refused
from keptn.events import Scope, rfc3339, utc
from keptn.ports import Clock, Manifest, Route
from keptn.settings import Settings

ATTEMPTS = 5
"""Races that may be lost: a controller, a person and another step write the same object."""
COUNTS = "keptn.sh/in-force"
"""Annotation: revision, when it counts, and why only then. Whoever first sees it in force writes it down."""
DRAIN_S = 5.0
"""What a colour that lost its users is given beyond the probe, for a replica that the probe did not meet. Its open
requests need no more: a pod finishes them when it is stopped."""
SETTLE_S = 30.0
"""What stands in for a probe, where the gateway cannot be reached from here."""
_UNASKED = "whether it has it cannot be asked from here"
REFUSED_S, UNANSWERED_S = 30.0, 180.0
"""How long controllers may say no, or nothing: the Gateway or a backend may be on its way."""
LOOK_AGAIN_S = 2.0


class GatewayApiRouter:
    """gateway, hostname: as of the settings. address: of the gateway from here; empty: as its status says."""

    pins: ClassVar[frozenset[str]] = frozenset({"header"})
    poll_s: ClassVar[float] = 0.5

    def __init__(self, objects: Objects, clock: Clock, *, gateway: str, hostname: str, address: str = "") -> None:
        self._objects, self._clock = objects, clock
        self._gateway, self._hostname, self._address = gateway, hostname, address

    @classmethod
    def open(cls, *, settings: Settings, clock: Clock) -> GatewayApiRouter:
        return cls(
            Objects(),
            clock,
            gateway=settings.gateway,
            hostname=settings.hostname,
            address=settings.gateway_address,
        )

    def apply(self, route: Route) -> None:
        """Raises NotYet while the gateway gets to know whom users will be sent to."""
        race.won(lambda: self._write(route), times=ATTEMPTS)

    def in_force(self, route: Route) -> bool:
        live = self._live(route.scope)
        if live is None:
            return False
        _check_fence(route, live)
        if _revision(live) != route.revision:
            return False
        age_s = self._age_s(live)
        _raise(gateway_status.unanswered(live), final=age_s >= UNANSWERED_S)
        all_up = bool(route.weights) and route.weights.keys() <= route.endpoints.keys()
        _raise(self._refused(route, live, all_up=all_up), final=age_s >= REFUSED_S)
        return self._counts(route, live)

    def public_url(self, scope: Scope) -> str:
        """At the first listener that serves its host name; over http where no Gateway says otherwise."""
        spec = (self._live(scope) or {}).get("spec") or {}
        hosts = spec.get("hostnames") or [manifests.host_name(self._hostname, scope)]
        found = self._doors(scope, hosts, parents=spec.get("parentRefs"))
        return found[0].url if found else f"http://{hosts[0]}"

    def own_url(self, scope: Scope, colour: str) -> str:
        """Of its Service: from within the cluster alone, for nobody else shall meet a version that is not released."""
        return f"http://{scope.service}-{colour}.{manifests.namespace(scope)}.svc"

    def remove(self, scope: Scope) -> None:
        self._objects.delete(HTTP_ROUTE, manifests.namespace(scope), scope.service)

    def _live(self, scope: Scope) -> dict[str, Any] | None:
        return self._objects.get(HTTP_ROUTE, manifests.namespace(scope), scope.service)

    def _refused(self, route: Route, live: Manifest, *, all_up: bool) -> str:
        """The controller's own words, and what of the Gateway's listeners is behind them."""
        parent, said = gateway_status.refused(live, all_up=all_up)
        why = self._of_listeners(gateway_listeners.behind, route.scope, live, parent) if said else ""
        return f"{said}; {why}; correct that, or KEPTN_GATEWAY and the service's values file" if why else said

    def _check_gateways(self, route: Route, live: Manifest) -> None:
        """Who has users does not leave for a Gateway, or a listener of it, that does not serve. Raises Refused."""
        before, after = live["spec"], route.manifest["spec"]
        if not gateway_rules.backends(live):
            return
        is_moved = before.get("hostnames") != after.get("hostnames")
        known = [gateway_status.key(one, live) for one in before.get("parentRefs") or ()]
        for parent in after["parentRefs"]:
            if not is_moved and gateway_status.key(parent, live) in known:
                continue
            place, scope = gateway_status.named(parent, live), route.scope
            if self._gateway_of(scope, parent) is None:
                why = f"there is no Gateway {place} for the route of {scope.service} in {scope.stage}"
            elif why := self._of_listeners(gateway_listeners.why_none, scope, route.manifest, parent):
                why = f"Gateway {place} does not serve the route of {scope.service} in {scope.stage}: {why}"
            if why:
                raise Refused(
                    f"{why}; users stay where they are; correct it in KEPTN_GATEWAY or the service's values file"
                )

    def _of_listeners(self, ask: Callable[..., str], scope: Scope, route: Manifest, parent: Mapping[str, Any]) -> str:
        """Of the Gateway that the route refers to; empty if there is none."""
        gateway, hosts = self._gateway_of(scope, parent), route["spec"].get("hostnames") or ()
        return ask(gateway, parent=parent, hosts=hosts, scope=scope) if gateway else ""

    def _write(self, route: Route) -> None:
        live = self._live(route.scope)
        if live is None:
            self._objects.create(HTTP_ROUTE, route.manifest)
            return
        _check_fence(route, live)
        self._check_gateways(route, live)
        self._make_known(route, live)
        self._objects.apply(HTTP_ROUTE, _with_leaving(route, live), resource_version=_version(live))

    def _make_known(self, route: Route, live: Manifest) -> None:
        """Those who are new to users, where users are. Raises NotYet until the gateway knows them, or had its time."""
        before, scope, revision = gateway_rules.hearing(live), route.scope, route.revision
        gaining = {name: ref for name, ref in gateway_rules.hearing(route.manifest).items() if name not in before}
        if not (before and gaining):
            return
        waiting = f"the gateway gets to know {', '.join(gaining)} before users are sent there"
        if gateway_rules.coming(live) != revision:
            rules = gateway_rules.ahead(live, gaining, scope=scope, revision=revision)
            patch = {"metadata": {"resourceVersion": _version(live)}, "spec": {"rules": rules}}
            self._objects.merge(HTTP_ROUTE, manifests.namespace(scope), scope.service, patch)
            raise NotYet(waiting, after_s=LOOK_AGAIN_S)
        unknown = self._unknown(route, live, gaining)
        if unknown and self._age_s(live) < SETTLE_S:
            raise NotYet(f"{waiting}: {unknown}", after_s=LOOK_AGAIN_S)

    def _unknown(self, route: Route, live: Manifest, gaining: Iterable[str]) -> str:
        """What says that the gateway may not know all of them; empty if it does."""
        try:
            doors = self._reached(route, live)
            other = _other(doors, route.scope, gateway_rules.soon(route.revision))
            for name in gaining:
                value = gateway_rules.value(route.scope, name)
                other = other or gateway_probe.other(doors, value=value, fits=lambda one: not one.startswith("5"))
        except Unreachable as exc:
            return str(exc)
        return other

    def _counts(self, route: Route, live: Manifest) -> bool:
        """The gateway has it, and who left has had his time; seen once, it is not asked again.

        Where a time stands in for its answer it is asked on: its listener may come with its first route.
        """
        since, why = _noted(live)
        if since is None or _UNASKED in why:
            wait_s, now = self._wait_s(route, live)
            if not wait_s:
                return True
            if since is None or _UNASKED not in now:
                since, why = self._clock.now() + timedelta(seconds=wait_s), now
                note = {COUNTS: f"{route.revision} {rfc3339(since)} {why}"}
                self._objects.annotate(HTTP_ROUTE, live["metadata"]["namespace"], live["metadata"]["name"], note)
        if self._clock.now() < since:
            raise NotYet(why, after_s=LOOK_AGAIN_S)
        if gateway_rules.known(live):
            try:
                self._objects.apply(HTTP_ROUTE, route.manifest, resource_version=_version(live))
            except LostRace:
                return False
        return True

    def _wait_s(self, route: Route, live: Manifest) -> tuple[float, str]:
        """How long it takes from now on until it counts, and why. Raises NotYet if the gateway has another one."""
        what, answer = f"the route of {route.scope.service} in {route.scope.stage}", probe_answer(route.revision)
        try:
            doors = self._reached(route, live)
            if doors and doors[0].shut:
                _raise(f"{what} is not served: {doors[0].shut}", final=self._age_s(live) >= REFUSED_S)
            other = _other(doors, route.scope, answer)
        except Unreachable as exc:
            return SETTLE_S, (
                f"{what} counts {SETTLE_S:g} s after its Gateway took it: {_UNASKED} ({exc}); set KEPTN_GATEWAY_ADDRESS"
            )
        if other:
            waiting = f"{what} is not in force yet: {other} instead of {answer}"
            raise NotYet(waiting, after_s=LOOK_AGAIN_S)
        leaving = ", ".join(gateway_rules.known(live))
        return (DRAIN_S, f"{what} is in force; {leaving} has {DRAIN_S:g} s to answer") if leaving else (0.0, "")

    def _reached(self, route: Route, live: Manifest) -> Sequence[Door]:
        """Where the gateway is asked from here. Raises Unreachable."""
        found = self._doors(route.scope, live["spec"].get("hostnames") or (), parents=live["spec"]["parentRefs"])
        return gateway_probe.through(self._address, found) if self._address else found

    def _age_s(self, live: Manifest) -> float:
        """Since keptn last changed it: what the API server notes for its field managers."""
        ours = (FIELD_MANAGER, NOTES_MANAGER)
        times = [one["time"] for one in live["metadata"]["managedFields"] if one["manager"] in ours]
        return (self._clock.now() - max(map(utc, times))).total_seconds()

    def _doors(self, scope: Scope, hosts: Sequence[str], *, parents: Sequence[Mapping[str, Any]] | None) -> list[Door]:
        """parents: of the route; None before there is one: that of the settings."""
        parent = (parents or [manifests.parent(self._gateway)])[0]
        gateway = self._gateway_of(scope, parent)
        return gateway_listeners.doors(gateway, parent=parent, hosts=hosts, scope=scope) if gateway else []

    def _gateway_of(self, scope: Scope, parent: Mapping[str, Any]) -> dict[str, Any] | None:
        return self._objects.get(GATEWAY, *gateway_status.place(parent, near=manifests.namespace(scope)))


def _other(doors: Sequence[Door], scope: Scope, answer: str) -> str:
    """What the gateway answers to the probe instead; empty if that is the answer. Raises Unreachable."""
    return gateway_probe.other(doors, value=manifests.probe_value(scope), fits=lambda one: one == answer)


def _raise(sentence: str, *, final: bool) -> None:
    if sentence:
        raise Refused(sentence) if final else NotYet(sentence, after_s=LOOK_AGAIN_S)


def _with_leaving(route: Route, live: Manifest) -> Manifest:
    """The committed object, in which those who lose users stay known; a repeat says what the first time said."""
    before, after = gateway_rules.backends(live), gateway_rules.backends(route.manifest)
    leaving = {name: ref for name, ref in before.items() if name not in after}
    if _revision(live) == route.revision:
        leaving = dict(gateway_rules.known(live))
    rules = gateway_rules.beside(route.manifest, leaving, scope=route.scope)
    return {**route.manifest, "spec": {**route.manifest["spec"], "rules": rules}}


def _check_fence(route: Route, live: Manifest) -> None:
    newest = max(_revision(live), gateway_rules.coming(live))
    if route.revision < newest:
        raise Late(
            f"revision {route.revision} of the route of {route.scope} is older than revision {newest}, "
            "which is in force or comes; nothing was done"
        )


def _version(live: Manifest) -> str:
    return str(live["metadata"]["resourceVersion"])


def _revision(live: Manifest) -> int:
    return int((live["metadata"].get("annotations") or {}).get(manifests.REVISION, 0))


def _noted(live: Manifest) -> tuple[datetime | None, str]:
    """When this revision counts, and why then."""
    revision, at, why = (live["metadata"]["annotations"].get(COUNTS, "") + "   ").split(" ", 2)
    return (utc(at), why.strip()) if revision == str(_revision(live)) else (None, "")
