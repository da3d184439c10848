"""User traffic through a Gateway of the cluster: the committed HTTPRoute, applied as it is. Made by `context.py`.

Whether it counts is asked of the controllers (`gateway_status.py`) and of the gateway itself (`gateway_probe.py`).
What has to outlive a process stands in annotations of the object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from keptn.adapters.kubernetes.objects import FIELD_MANAGER, GATEWAY, HTTP_ROUTE, Objects
from keptn.adapters.router import gateway_probe, gateway_status
from keptn.adapters.router.gateway_probe import Door, Unreachable
from keptn.deployment import manifests
from keptn.errors import Late, LostRace, NotYet, Refused
from keptn.events import Scope, rfc3339, utc
from keptn.ports import Clock, Manifest, Route
from keptn.settings import Settings

ATTEMPTS = 5
"""Races that may be lost: a controller, a person and another step write the same object."""
LEAVING = "keptn.sh/leaving"
"""Annotation: backends that this revision takes users from."""
COUNTS = "keptn.sh/in-force"
"""Annotation: revision, when it counts, and why only then. Whoever first sees it in force writes it down."""
DRAIN_S = 5.0
"""What a colour that lost its users is given beyond the probe, for a replica that the probe did not meet. Its open
requests need no more: a pod finishes them when it is stopped."""
SETTLE_S = 30.0
"""What stands in for a probe, where the gateway cannot be reached from here."""
REFUSED_S, UNANSWERED_S = 30.0, 180.0
"""How long controllers may say no, or nothing: the Gateway or a backend may be on its way."""
LOOK_AGAIN_S = 2.0


class GatewayApiRouter:
    """gateway, hostname: as of the settings. address: of the gateway from here; empty: as its status says."""

    pins: ClassVar[frozenset[str]] = frozenset({"header"})

    def __init__(self, objects: Objects, clock: Clock, *, gateway: str, hostname: str, address: str = "") -> None:
        self._objects, self._clock = objects, clock
        self._gateway, self._hostname, self._address = gateway, hostname, address

    @classmethod
    def open(cls, *, settings: Settings, clock: Clock) -> GatewayApiRouter:
        return cls(
            Objects.open(),
            clock,
            gateway=settings.gateway,
            hostname=settings.hostname,
            address=settings.gateway_address,
        )

    def apply(self, route: Route) -> None:
        """Made bare first, then applied like every later revision: what is left out later goes then."""
        for attempt in range(ATTEMPTS):
            live = self._live(route.scope)
            try:
                if live is None:
                    self._objects.create(HTTP_ROUTE, _bare(route.manifest))
                    live = self._live(route.scope) or {}
                _check_fence(route, live)
                version = live["metadata"]["resourceVersion"]
                self._objects.apply(HTTP_ROUTE, _with_leaving(route, live), resource_version=version)
                return
            except LostRace:
                if attempt == ATTEMPTS - 1:
                    raise

    def in_force(self, route: Route) -> bool:
        live = self._live(route.scope)
        if live is None:
            return False
        _check_fence(route, live)
        if _revision(live) != route.revision:
            return False
        age_s = (self._clock.now() - _applied_at(live)).total_seconds()
        _raise(gateway_status.unanswered(live), final=age_s >= UNANSWERED_S)
        all_up = bool(route.weights) and route.weights.keys() <= route.endpoints.keys()
        _raise(gateway_status.refused(live, all_up=all_up), final=age_s >= REFUSED_S)
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

    def _counts(self, route: Route, live: Manifest) -> bool:
        """The gateway has it, and who left has had his time; seen once, it is not asked again."""
        since, why = _noted(live)
        if since is None:
            wait_s, why = self._wait_s(route, live)
            if not wait_s:
                return True
            since = self._clock.now() + timedelta(seconds=wait_s)
            namespace, name = live["metadata"]["namespace"], live["metadata"]["name"]
            noted = f"{route.revision} {rfc3339(since)} {why}"
            self._objects.annotate(HTTP_ROUTE, namespace, name, {COUNTS: noted})
        if self._clock.now() < since:
            raise NotYet(why, after_s=LOOK_AGAIN_S)
        return True

    def _wait_s(self, route: Route, live: Manifest) -> tuple[float, str]:
        """How long it takes from now on until it counts, and why. Raises NotYet if the gateway has another one."""
        what = f"the route of {route.scope.service} in {route.scope.stage}"
        found = self._doors(route.scope, live["spec"].get("hostnames") or (), parents=live["spec"]["parentRefs"])
        reached = [gateway_probe.at(self._address, door) for door in found[:1]] if self._address else found
        try:
            other = gateway_probe.missing(reached, scope=route.scope, revision=route.revision)
        except Unreachable as exc:
            return SETTLE_S, (
                f"{what} counts {SETTLE_S:g} s after its Gateway took it: whether it has it cannot be asked from here "
                f"({exc}); set KEPTN_GATEWAY_ADDRESS"
            )
        if other:
            waiting = f"{what} is not in force yet: {other} instead of revision {route.revision}"
            raise NotYet(waiting, after_s=LOOK_AGAIN_S)
        leaving = live["metadata"]["annotations"].get(LEAVING, "")
        return (DRAIN_S, f"{what} is in force; {leaving} has {DRAIN_S:g} s to answer") if leaving else (0.0, "")

    def _doors(self, scope: Scope, hosts: Sequence[str], *, parents: Sequence[Mapping[str, Any]] | None) -> list[Door]:
        """parents: of the route; None before there is one: that of the settings."""
        parent = (parents or [manifests.parent(self._gateway)])[0]
        namespace = parent.get("namespace") or manifests.namespace(scope)
        gateway = self._objects.get(GATEWAY, namespace, parent["name"])
        section = parent.get("sectionName", "")
        return gateway_probe.doors(gateway, section=section, hosts=hosts, scope=scope) if gateway else []


def _raise(sentence: str, *, final: bool) -> None:
    if sentence:
        raise Refused(sentence) if final else NotYet(sentence, after_s=LOOK_AGAIN_S)


def _bare(manifest: Manifest) -> Manifest:
    """It hangs on no Gateway: all that it says it gets by apply, or what a creation said would stay for ever."""
    named = {key: manifest["metadata"][key] for key in ("namespace", "name")}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": named, "spec": {}}


def _with_leaving(route: Route, live: Manifest) -> Manifest:
    """The committed object, and whom it takes users from; a repeat says what the first time said."""
    before = live["metadata"].get("annotations") or {}
    left = sorted({*_backends(live)} - {*_backends(route.manifest)})
    leaving = before.get(LEAVING, "") if _revision(live) == route.revision else ", ".join(left)
    metadata = route.manifest["metadata"]
    notes = {**metadata["annotations"], **({LEAVING: leaving} if leaving else {})}
    return {**route.manifest, "metadata": {**metadata, "annotations": notes}}


def _backends(manifest: Manifest) -> Iterator[str]:
    """Names of all that get requests."""
    for rule in manifest["spec"].get("rules") or ():
        mirrors = [one["requestMirror"] for one in rule.get("filters") or () if "requestMirror" in one]
        for ref in (*(rule.get("backendRefs") or ()), *(one["backendRef"] for one in mirrors)):
            if ref.get("weight", 1):
                yield ref["name"]


def _check_fence(route: Route, live: Manifest) -> None:
    if route.revision < _revision(live):
        raise Late(
            f"revision {route.revision} of the route of {route.scope} is older than revision {_revision(live)}, "
            "which is in force; nothing was done"
        )


def _revision(live: Manifest) -> int:
    return int((live["metadata"].get("annotations") or {}).get(manifests.REVISION, 0))


def _noted(live: Manifest) -> tuple[datetime | None, str]:
    """When this revision counts, and why then."""
    revision, at, why = (live["metadata"]["annotations"].get(COUNTS, "") + "   ").split(" ", 2)
    return (utc(at), why.strip()) if revision == str(_revision(live)) else (None, "")


def _applied_at(live: Manifest) -> datetime:
    """When keptn last changed it: what the API server notes for its field manager."""
    times = [one["time"] for one in live["metadata"]["managedFields"] if one["manager"] == FIELD_MANAGER]
    return max(map(utc, times))
