"""The highest revision that a service has seen in a stage, where it outlives its workloads: a Lease in the namespace.

An annotation on the objects alone would go with them, and both colours may be gone. One object per service, so those
that are deployed at once do not disturb each other; a Lease, because the right to write Leases opens nothing of users'.
"""

from __future__ import annotations

from keptn.adapters.kubernetes import race
from keptn.adapters.kubernetes.objects import LEASE, Objects
from keptn.deployment import manifests
from keptn.deployment.manifests import REVISION
from keptn.errors import Late
from keptn.events import Scope
from keptn.ports import Manifest

ATTEMPTS = 10
"""How often a lost race is read again before the Broker is asked to deliver again."""


def enter(objects: Objects, scope: Scope, *, revision: int) -> None:
    """The revision counts from here on, whatever becomes of the call. Raises Late."""

    def attempt() -> None:
        live = objects.get(LEASE, manifests.namespace(scope), _name(scope))
        check(live, scope, revision=revision)
        if live is None:
            objects.create(LEASE, _lease(scope, revision))
        elif of(live) != revision:
            objects.apply(LEASE, _lease(scope, revision), resource_version=live["metadata"]["resourceVersion"])

    race.won(attempt, times=ATTEMPTS)


def recheck(objects: Objects, scope: Scope, *, revision: int) -> None:
    """After something was made: whoever came by meanwhile saw nothing to replace or remove. Raises Late."""
    check(objects.get(LEASE, manifests.namespace(scope), _name(scope)), scope, revision=revision)


def check(live: Manifest | None, scope: Scope, *, revision: int) -> None:
    """Raises Late where an object, the fence or a workload's, carries a higher revision."""
    if live and revision < (seen := of(live)):
        raise Late(f"revision {revision} of {scope} is older than revision {seen}, which runs; nothing was done")


def of(live: Manifest) -> int:
    """Its revision; 0 where somebody took the annotation away."""
    text = str((live["metadata"].get("annotations") or {}).get(REVISION, ""))
    return int(text) if text.isdecimal() else 0


def _name(scope: Scope) -> str:
    return f"{scope.service}.keptn.sh"


def _lease(scope: Scope, revision: int) -> Manifest:
    return {
        "apiVersion": LEASE.api_version,
        "kind": LEASE.kind,
        "metadata": {
            "name": _name(scope),
            "namespace": manifests.namespace(scope),
            "labels": manifests.labels(scope),
            "annotations": {REVISION: str(revision)},
        },
    }
