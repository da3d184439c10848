"""All checks, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from keptn.errors import KeptnError
from keptn.installation import manifests
from keptn.installation.doctor import cluster, gateway, installed, reached
from keptn.installation.doctor.finding import Finding, Level, Patient
from keptn.installation.kubectl import Kubectl, Object
from keptn.settings import read as read_settings

CHECKS: Sequence[Callable[[Patient], Iterator[Finding]]] = (
    cluster.kubernetes,
    cluster.knative,
    cluster.ingress,
    cluster.broker,
    reached.dns,
    reached.tls,
    gateway.gateway,
    reached.store,
    reached.git,
    reached.registry,
    reached.prometheus,
    installed.rights,
    installed.keptn,
)
"""In the order in which things are mended."""


def examined(kubectl: Kubectl, *, overlay: str, pairs: Sequence[str]) -> list[Finding]:
    """Every check. Raises KeptnError: the cluster cannot be asked at all."""
    groups = kubectl.groups()
    known = kubectl.one("-n", "keptn", "get", "configmap", "keptn-settings")
    chosen = manifests.parsed(pairs)
    if known and not chosen:
        values, objects = known["data"], list[Object]()
    else:
        wanted = manifests.rendered(kubectl, folder=manifests.overlay(overlay), chosen=chosen)
        values, objects = dict(wanted.settings), list(wanted.objects)
    has_serving = "serving.knative.dev" in groups
    api = kubectl.one("-n", "keptn", "get", "services.serving.knative.dev", "api") if has_serving and known else None
    settings = read_settings(values)
    patient = Patient(kubectl=kubectl, groups=groups, values=values, settings=settings, objects=objects, api=api)
    return [finding for check in CHECKS for finding in _safely(check, patient)]


def _safely(check: Callable[[Patient], Iterator[Finding]], patient: Patient) -> Iterator[Finding]:
    """What cannot be asked is said, and the other checks go on."""
    try:
        yield from check(patient)
    except KeptnError as error:
        yield Finding(level=Level.WARNING, what=f"{check.__name__} cannot be looked at: {error}")
