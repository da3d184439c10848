"""Kubernetes manifests of a desired state, for people and for GitOps: written beside it in the config repository.

Pure. Nothing here is applied by the embedded platform; a GitOps controller may.
"""

from __future__ import annotations

from collections.abc import Mapping

from keptn import documents
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import COLOURS, Version
from keptn.events import Scope

PORT = 8080
"""What `$PORT` is in a container (Knative's default)."""
GATEWAY = {"name": "keptn", "namespace": "keptn"}


def render(state: DesiredState, *, scope: Scope) -> Mapping[str, bytes | None]:
    """Path in the stage's branch to content; None where a colour has no workload any more."""
    folder = f"{scope.service}/manifests"
    versions = state.plan.versions
    files: dict[str, bytes | None] = {
        f"{folder}/{colour}.yaml": _colour(scope, colour, versions[colour], state) if colour in versions else None
        for colour in COLOURS
    }
    return {**files, f"{folder}/route.yaml": documents.dump(_http_route(state, scope))}


def _colour(scope: Scope, colour: str, version: Version, state: DesiredState) -> bytes:
    parts = (_deployment(scope, colour, version, state), _service(scope, colour))
    return b"---\n".join(documents.dump(part) for part in parts)


def _deployment(scope: Scope, colour: str, version: Version, state: DesiredState) -> dict[str, object]:
    labels = _labels(scope, colour)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**_metadata(scope, colour), "annotations": {"keptn.sh/epoch": str(state.epoch)}},
        "spec": {
            "replicas": version.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [_container(scope, version)]}},
        },
    }


def _container(scope: Scope, version: Version) -> dict[str, object]:
    env = {"PORT": str(PORT), **version.env}
    check = {"httpGet": {"path": version.health, "port": PORT}} if version.health else {"tcpSocket": {"port": PORT}}
    return {
        "name": scope.service,
        "image": pinned(version),
        "ports": [{"containerPort": PORT}],
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "readinessProbe": check,
    }


def _service(scope: Scope, colour: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(scope, colour),
        "spec": {"selector": _labels(scope, colour), "ports": [{"name": "http", "port": 80, "targetPort": PORT}]},
    }


def _http_route(state: DesiredState, scope: Scope) -> dict[str, object]:
    plan = state.plan
    rule: dict[str, object] = {
        "backendRefs": [{**_backend(scope, colour), "weight": percent} for colour, percent in plan.weights.items()]
    }
    if plan.mirror:
        mirror = {"backendRef": _backend(scope, plan.mirror)}
        rule["filters"] = [{"type": "RequestMirror", "requestMirror": mirror}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": scope.service, "namespace": namespace(scope)},
        "spec": {
            "parentRefs": [GATEWAY],
            "hostnames": [f"{scope.service}.{namespace(scope)}.example.com"],
            "rules": [rule],
        },
    }


def namespace(scope: Scope) -> str:
    """Where a stage's workloads are."""
    return f"{scope.project}-{scope.stage}"


def pinned(version: Version) -> str:
    """The image by its digest, so that a tag pushed again changes nothing."""
    head, slash, last = version.image.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}@{version.digest}"


def _backend(scope: Scope, colour: str) -> dict[str, object]:
    return {"name": f"{scope.service}-{colour}", "port": 80}


def _metadata(scope: Scope, colour: str) -> dict[str, object]:
    return {"name": f"{scope.service}-{colour}", "namespace": namespace(scope), "labels": _labels(scope, colour)}


def _labels(scope: Scope, colour: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": scope.service,
        "app.kubernetes.io/part-of": scope.project,
        "keptn.sh/stage": scope.stage,
        "keptn.sh/colour": colour,
    }
