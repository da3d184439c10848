"""The namespace of a stage: made with Pod Security and with the rights of those who work in it, and deleted.

Made by `create_project`, whose account may do that and nothing else. An administrator may give a stage a namespace that
is there already, by its labels: it is used, and never deleted.
"""

from __future__ import annotations

from collections.abc import Sequence

from keptn.adapters.kubernetes.objects import NAMESPACE, ROLE_BINDING, Objects
from keptn.errors import Refused
from keptn.ports import Manifest

MADE = "keptn.sh/made"
"""Annotation of a namespace that keptn made, and so may delete."""
PART_OF, MANAGED_BY, STAGE = "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "keptn.sh/stage"
_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
_RESERVED = ("kube-", "knative-")
_BINDINGS = {
    "keptn-deployer": ("keptn-deployer", "keptn-onboard-service", "keptn-create-project"),
    "keptn-logs": ("keptn-api",),
}
"""ClusterRole to the service accounts that get it in a stage's namespace (knative/base/access.yaml)."""


def prepare(objects: Objects, project: str, stage: str, *, accounts_in: str) -> None:
    """accounts_in: the namespace of keptn's service accounts. Raises Refused: it is somebody else's, or is going.

    Raises LostRace: somebody made it just now.
    """
    name, labels = f"{project}-{stage}", _labels(project, stage)
    if name.startswith(_RESERVED):
        raise Refused(f"namespace {name} would be one of the cluster's own; choose another name for project {project}")
    live = objects.get(NAMESPACE, "", name)
    if live is None:
        objects.create(NAMESPACE, _namespace(name, labels))
    else:
        _check(live, name, labels)
    for role, accounts in _BINDINGS.items():
        objects.apply(ROLE_BINDING, _binding(role, name, accounts, accounts_in=accounts_in))


def of_project(objects: Objects, project: str) -> Sequence[Manifest]:
    """The namespaces of its stages."""
    return objects.list(NAMESPACE, labels={MANAGED_BY: "keptn", PART_OF: project})


def is_made(namespace: Manifest) -> bool:
    """Whether keptn made it, and so may delete it."""
    return MADE in (namespace["metadata"].get("annotations") or {})


def _check(live: Manifest, name: str, labels: dict[str, str]) -> None:
    found = live["metadata"].get("labels") or {}
    if live["metadata"].get("deletionTimestamp"):
        raise Refused(f"namespace {name} is still being deleted; wait until it is gone (kubectl get ns), and try again")
    if other := {key: found.get(key) for key in labels if found.get(key) != labels[key]}:
        if MANAGED_BY not in other and None not in other.values():
            raise Refused(
                f"namespace {name} is of stage {found[STAGE]} of project {found[PART_OF]}; choose other names"
            )
        wanted = " ".join(f"{key}={value}" for key, value in labels.items())
        raise Refused(
            f"there is a namespace {name} that keptn did not make; choose another name, or let keptn have it: "
            f"kubectl label namespace {name} {wanted}"
        )


def _labels(project: str, stage: str) -> dict[str, str]:
    return {MANAGED_BY: "keptn", PART_OF: project, STAGE: stage}


def _namespace(name: str, labels: dict[str, str]) -> Manifest:
    metadata = {"name": name, "labels": {**labels, **_RESTRICTED}, "annotations": {MADE: "true"}}
    return {"apiVersion": NAMESPACE.api_version, "kind": NAMESPACE.kind, "metadata": metadata}


def _binding(role: str, namespace: str, accounts: Sequence[str], *, accounts_in: str) -> Manifest:
    return {
        "apiVersion": ROLE_BINDING.api_version,
        "kind": ROLE_BINDING.kind,
        "metadata": {"name": role, "namespace": namespace, "labels": {MANAGED_BY: "keptn"}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": accounts_in} for name in accounts],
    }
