"""The pod of a version: its container, with image, ports, environment, probes and volumes, as Kubernetes has it. Pure.

Used by `manifests.py`. Nothing in it says when or why it was deployed: what changes a pod restarts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.deployment.strategy import Version
from keptn.deployment.workload import SecretKey, Volume, Workload
from keptn.events import Scope

POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""securityContext: what a namespace of a stage asks of every pod (Pod Security Standards, "Restricted")."""


def pod(scope: Scope, version: Version) -> dict[str, Any]:
    workload = version.workload
    optional = {
        "serviceAccountName": workload.service_account,
        "imagePullSecrets": [{"name": name} for name in workload.pull_secrets],
        "volumes": [_volume(volume) for volume in workload.volumes],
    }
    return {"securityContext": dict(POD_SECURITY), "containers": [_container(scope, version)], **_present(optional)}


def _container(scope: Scope, version: Version) -> dict[str, Any]:
    workload = version.workload
    optional = {
        "resources": {kind: dict(amounts) for kind, amounts in workload.resources.items()},
        "volumeMounts": [_mount(volume) for volume in workload.volumes],
    }
    return {
        "name": scope.service,
        "image": pinned(version),
        "ports": [{"name": port.name, "containerPort": port.number} for port in workload.all_ports],
        "env": [{"name": "PORT", "value": str(workload.port)}, *map(_variable, workload.env.items())],
        "securityContext": dict(CONTAINER_SECURITY),
        **_probes(workload),
        **_present(optional),
    }


def _variable(named: tuple[str, str | SecretKey]) -> dict[str, Any]:
    name, value = named
    if isinstance(value, str):
        return {"name": name, "value": value}
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": value.name, "key": value.key}}}


def _probes(workload: Workload) -> dict[str, Any]:
    """As the values say; without any word of readiness, the port must accept connections."""
    port = workload.all_ports[0].name
    short = {"httpGet": {"path": workload.health}} if workload.health else {"tcpSocket": {"port": port}}
    probes = {"readinessProbe": short, **workload.probes}
    return {
        name: {**probe, "httpGet": {"port": port, **probe["httpGet"]}} if "httpGet" in probe else dict(probe)
        for name, probe in probes.items()
    }


def _volume(volume: Volume) -> dict[str, Any]:
    sources: dict[str, dict[str, Any]] = {
        "configMap": {"name": volume.source},
        "secret": {"secretName": volume.source},
        "persistentVolumeClaim": {"claimName": volume.source},
        "emptyDir": dict(volume.options),
    }
    return {"name": volume.name, volume.kind: sources[volume.kind]}


def _mount(volume: Volume) -> dict[str, Any]:
    optional = {"subPath": volume.sub_path, "readOnly": volume.read_only}
    return {"name": volume.name, "mountPath": volume.mount_path, **_present(optional)}


def pinned(version: Version) -> str:
    """The image by its digest, so that a tag pushed again changes nothing."""
    head, slash, last = version.image.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}@{version.digest}"


def _present(optional: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in optional.items() if value}
