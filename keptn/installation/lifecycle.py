"""An installation is applied, waited for, and taken away. Each may be ended anywhere, and said again."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Sequence

from keptn.errors import KeptnError
from keptn.installation import readiness
from keptn.installation.kubectl import Kubectl, Object, as_list
from keptn.installation.manifests import OURS, SELECTOR, Installation

PAUSE_S = 2.0
KNATIVE = {
    "serving.knative.dev": "Knative Serving",
    "eventing.knative.dev": "Knative Eventing",
    "sinks.knative.dev": "Knative Eventing 1.15 or newer, with JobSink",
    "gateway.networking.k8s.io": "the Gateway API",
}
_KINDS = (
    "deployments.apps,services,persistentvolumeclaims,serviceaccounts,configmaps,secrets,"
    "roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io"
)
_KNATIVE_KINDS = {
    "eventing.knative.dev": "triggers.eventing.knative.dev,brokers.eventing.knative.dev",
    "sinks.knative.dev": "jobsinks.sinks.knative.dev",
    "sources.knative.dev": "sinkbindings.sources.knative.dev",
}
_CLUSTER_WIDE = (
    "clusterrolebindings.rbac.authorization.k8s.io,clusterroles.rbac.authorization.k8s.io,"
    "validatingadmissionpolicybindings.admissionregistration.k8s.io,"
    "validatingadmissionpolicies.admissionregistration.k8s.io,persistentvolumes"
)
_OTHERS = "deployments.apps,statefulsets.apps,daemonsets.apps,persistentvolumeclaims"
"""What in a namespace is somebody's work: it keeps the namespace from being deleted."""


def apply(kubectl: Kubectl, wanted: Installation, *, adopt: bool) -> None:
    """Raises KeptnError: Knative is missing, it is not allowed, or something is there that was not installed so."""
    lacking = sorted(KNATIVE[group] for group in KNATIVE.keys() & (wanted.groups - kubectl.groups()))
    if lacking:
        raise KeptnError(f"the cluster has no {', no '.join(lacking)}; install it first (docs/cluster.md)")
    text = as_list(wanted.objects)
    foreign = [one for one in kubectl.objects("get", "-f", "-", stdin=text) if not _is_ours(one)]
    if foreign and not adopt:
        names = _named(foreign)
        raise KeptnError(f"there is {names} already, not made by keptn install; if it is keptn's own, say --adopt")
    spaces = [one for one in wanted.objects if one["kind"] == "Namespace"]
    for part in (spaces, wanted.objects):  # a namespace that is there when what belongs into it comes
        if part:
            kubectl.run("apply", "-f", "-", stdin=as_list(part))


def wait(
    kubectl: Kubectl,
    wanted: Installation,
    *,
    timeout_s: float,
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Until all is ready; each new number of what is not is told. Raises KeptnError that says what is not, and why."""
    end, told = time.monotonic() + timeout_s, -1
    while True:
        found = kubectl.objects("-n", wanted.namespace, "get", readiness.KINDS, "-l", SELECTOR)
        left = readiness.missing(found)
        if found and not left:
            return
        if time.monotonic() >= end:
            what = "; ".join(left) or "nothing of it is there"
            raise KeptnError(
                f"not ready after {timeout_s:g} s: {what}; keptn doctor looks further, and install goes on"
            )
        if len(left) != told:
            tell(f"{len(found) - len(left)} of {len(found)} are ready")
            told = len(left)
        sleep(PAUSE_S)


def token(kubectl: Kubectl, wanted: Installation) -> str:
    """That of the api; made if there is none."""
    read = ("-n", wanted.secrets, "get", "secret", "api")
    if not (found := kubectl.one(*read)):
        made: Object = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "api", "namespace": wanted.secrets, "labels": OURS},
            "stringData": {"token": secrets.token_urlsafe(32)},
        }
        kubectl.run("create", "-f", "-", stdin=as_list([made]))
        found = kubectl.one(*read)
    kept = dict[str, str]((found or {}).get("data") or {})
    if "token" not in kept:
        raise KeptnError(f"the Secret api in {wanted.secrets} has no key token; delete it, and install again")
    return base64.b64decode(kept["token"]).decode().split()[0]


def remove(kubectl: Kubectl) -> list[str]:
    """Take away what bears the label, and say what went and what stays. Empty: there was nothing."""
    groups = kubectl.groups()
    spaces = kubectl.objects("get", "namespaces", "-l", SELECTOR)
    steps = [("services.serving.knative.dev", "foreground")] if "serving.knative.dev" in groups else []
    steps += [(kinds, "background") for group, kinds in _KNATIVE_KINDS.items() if group in groups]
    told = list[str]()
    for kinds, cascade in (*steps, (_KINDS, "background")):
        for space in _spaces(kubectl, kinds):
            # Services first, and with their pods: a namespace with pods at work is looked at again after minutes only
            told += _deleted(kubectl, kinds, "-n", space, f"--cascade={cascade}")
    for found in spaces:
        name = found["metadata"]["name"]
        if others := _others(kubectl, name, groups):
            told.append(f"namespace {name} stays: it has {_named(others)}, which keptn install did not make")
        else:
            kubectl.run("delete", "namespace", name, "--ignore-not-found")
            told.append(f"namespace {name} deleted")
    return told + _deleted(kubectl, _CLUSTER_WIDE)


def _spaces(kubectl: Kubectl, kinds: str) -> Sequence[str]:
    found = kubectl.objects("get", kinds, "-A", "-l", SELECTOR)
    return sorted({one["metadata"]["namespace"] for one in found})


def _deleted(kubectl: Kubectl, kinds: str, *options: str) -> list[str]:
    done = kubectl.run("delete", kinds, *options, "-l", SELECTOR, "--ignore-not-found")
    return [line for line in done.splitlines() if " deleted" in line]


def _others(kubectl: Kubectl, namespace: str, groups: set[str]) -> list[Object]:
    kinds = [_OTHERS, "services.serving.knative.dev" if "serving.knative.dev" in groups else ""]
    kinds += [kind for group, kind in _KNATIVE_KINDS.items() if group in groups]
    found = kubectl.objects("-n", namespace, "get", ",".join(filter(None, kinds)))
    return [one for one in found if not _is_ours(one) and not one["metadata"].get("ownerReferences")]


def _is_ours(one: Object) -> bool:
    return bool(OURS.items() <= one["metadata"].get("labels", {}).items())


def _named(objects: Sequence[Object], most: int = 3) -> str:
    names = [f"{one['kind']} {one['metadata']['name']}" for one in objects]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
