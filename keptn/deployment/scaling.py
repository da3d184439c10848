"""More replicas than a service's values say, for the time of a problem. Pure.

What is asked for stands beside the versions in `deployment.yaml`, by the action that asked, and is laid over the
manifests of every colour when they are rendered. So a delivery in between brings its own values and is scaled as well,
what one problem asked for goes without what another did, and what the values say is never lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn.deployment.workload_file import MOST_REPLICAS
from keptn.ports import Manifest

AMOUNT = r"\+?[1-9][0-9]{0,3}"
"""`5`: at least so many. `+2`: so many on top of what the values say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """What one action asked for, as AMOUNT; empty: nothing. least: replicas, or an autoscaler's minReplicas.

    most: its maxReplicas. context: of the action's remediation.
    """

    context: str
    least: str = ""
    most: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many replicas a colour may have. most: of an autoscaler, else None."""

    least: int
    most: int | None = None

    def __str__(self) -> str:
        many = str(self.least) if self.most in (None, self.least) else f"{self.least} to {self.most}"
        return f"{many} replica{'s' if many != '1' else ''}"


def bounds(manifests: Sequence[Manifest]) -> Bounds | None:
    """None where keptn does not say how many: a patch took the number out, for somebody else scales."""
    if autoscaler := _of_kind(manifests, "HorizontalPodAutoscaler"):
        spec: Mapping[str, Any] = autoscaler["spec"]
        return Bounds(least=int(spec.get("minReplicas", 1)), most=int(spec["maxReplicas"]))
    deployment = _of_kind(manifests, "Deployment")
    replicas = deployment["spec"].get("replicas") if deployment else None
    return None if replicas is None else Bounds(least=int(replicas))


def scaled(manifests: Sequence[Manifest], scalings: Mapping[str, Scaling]) -> Sequence[Manifest]:
    """The manifests of a colour with the most that was asked for; never with less than they have."""
    own = bounds(manifests)
    if own is None or not scalings:
        return manifests
    least = max(_amount(one.least, own.least) for one in scalings.values())
    if own.most is None:
        return [_with(manifest, "Deployment", replicas=least) for manifest in manifests]
    most = max(least, *(_amount(one.most, own.most) for one in scalings.values()))
    return [_with(one, "HorizontalPodAutoscaler", minReplicas=least, maxReplicas=most) for one in manifests]


def data(scaling: Scaling) -> dict[str, str]:
    """As it stands in `deployment.yaml`."""
    whole = {"delivery": scaling.context, "replicas": scaling.least, "maxReplicas": scaling.most}
    return {key: value for key, value in whole.items() if value}


def read(found: Mapping[str, str]) -> Scaling:
    """What `data` wrote. Raises ValueError, KeyError."""
    least, most = found.get("replicas", ""), found.get("maxReplicas", "")
    for amount in filter(None, (least, most)):
        if not re.fullmatch(AMOUNT, amount):
            raise ValueError(f"{amount!r} is no number of replicas")
    return Scaling(context=found["delivery"], least=least, most=most)


def _amount(asked: str, own: int) -> int:
    wanted = int(asked or 0) + (own if asked.startswith("+") else 0)
    return max(own, min(wanted, MOST_REPLICAS))


def _of_kind(manifests: Sequence[Manifest], kind: str) -> Manifest | None:
    return next((manifest for manifest in manifests if manifest["kind"] == kind), None)


def _with(manifest: Manifest, kind: str, **spec: int) -> Manifest:
    return {**manifest, "spec": {**manifest["spec"], **spec}} if manifest["kind"] == kind else manifest
