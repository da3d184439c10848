"""What of an installation is not ready, and why, in Kubernetes' and Knative's own words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from keptn.installation.kubectl import Object

KINDS = (
    "services.serving.knative.dev,brokers.eventing.knative.dev,triggers.eventing.knative.dev,"
    "jobsinks.sinks.knative.dev,deployments.apps"
)
"""What can be waited for."""


def missing(objects: Iterable[Object]) -> list[str]:
    """A sentence for each that is not ready."""
    return sorted(sentence for one in objects if (sentence := _why(one)))


def _why(one: Object) -> str:
    status, meta = one.get("status", {}), one["metadata"]
    name = f"{one['kind']} {meta['name']}"
    generation = meta.get("generation", 1)
    if status and status.get("observedGeneration", generation) < generation:
        return f"{name}: its controller has not looked at it yet"
    wanted = "Available" if one["kind"] == "Deployment" else "Ready"
    conditions = {condition["type"]: condition for condition in status.get("conditions", ())}
    found = conditions.get(wanted, {})
    if found.get("status") == "True" and not _is_rolling(one):
        return ""
    said = found if found.get("message") or found.get("reason") else _first_trouble(conditions.values())
    why = said.get("message") or said.get("reason") or "no reason is given yet"
    return f"{name}: {' '.join(str(why).split())}"


def _is_rolling(one: Object) -> bool:
    """A Deployment is available while its new pods are not there yet."""
    if one["kind"] != "Deployment":
        return False
    wanted = one["spec"].get("replicas", 1)
    return bool(one["status"].get("updatedReplicas", 0) < wanted or one["status"].get("availableReplicas", 0) < wanted)


def _first_trouble(conditions: Iterable[Object]) -> Object:
    return next((one for one in conditions if one.get("status") != "True"), {})
