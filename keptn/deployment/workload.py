"""How the containers of a service run: the part of its values file that every version carries with it. Pure values.

`workload_file.py` reads it; `data` writes it down as it would stand in a values file; `manifests.py` renders it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DEFAULT_PORT = 8080
"""What `$PORT` is in a container whose values name no port (Knative's default)."""
TARGETS = ("Deployment", "Service", "HorizontalPodAutoscaler", "HTTPRoute")
"""Kinds of the objects that a patch may change."""
PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
VOLUME_SOURCES = ("configMap", "secret", "persistentVolumeClaim", "emptyDir")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A value that stands in a secret of the stage's namespace."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the container. The first of a service is where users' requests go, and `$PORT`."""

    name: str = "http"
    number: int = DEFAULT_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A folder of the container. kind: of VOLUME_SOURCES. source: its name; none for an emptyDir. options: of that."""

    name: str
    mount_path: str
    kind: str
    source: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    sub_path: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaling:
    """How many replicas there may be, and the use of CPU (percent of what is requested) that is aimed at."""

    least: int
    most: int
    cpu_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """RFC 6902 operations on the rendered object of a kind."""

    target: str
    operations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """health: path that answers when the service is ready; short for a readiness probe.

    probes, resources: as Kubernetes has them. hostnames: templates like `KEPTN_HOSTNAME`, in its place. labels: of all
    objects.
    """

    env: Mapping[str, str | SecretKey] = field(default_factory=dict)
    health: str = ""
    replicas: int = 1
    autoscaling: Autoscaling | None = None
    ports: tuple[Port, ...] = ()
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()
    probes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    service_account: str = ""
    pull_secrets: tuple[str, ...] = ()
    hostnames: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()

    @property
    def port(self) -> int:
        """Where users' requests go."""
        return self.all_ports[0].number

    @property
    def all_ports(self) -> Sequence[Port]:
        return self.ports or (Port(),)


def data(workload: Workload) -> dict[str, Any]:
    """As it would stand in a values file, without what is absent."""
    scaling = workload.autoscaling
    whole = {
        "env": {name: _env(value) for name, value in workload.env.items()},
        "health": workload.health,
        "replicas": workload.replicas if workload.replicas != 1 else None,
        "autoscaling": scaling and _autoscaling(scaling),
        "ports": [{"name": port.name, "containerPort": port.number} for port in workload.ports],
        "resources": {kind: dict(amounts) for kind, amounts in workload.resources.items()},
        "volumes": [_volume(volume) for volume in workload.volumes],
        **{name: dict(probe) for name, probe in workload.probes.items()},
        "serviceAccountName": workload.service_account,
        "imagePullSecrets": list(workload.pull_secrets),
        "hostnames": list(workload.hostnames),
        "labels": dict(workload.labels),
        "patches": [
            {"target": patch.target, "patch": [dict(step) for step in patch.operations]} for patch in workload.patches
        ],
    }
    return {key: value for key, value in whole.items() if value}


def _env(value: str | SecretKey) -> object:
    return value if isinstance(value, str) else {"secret": value.name, "key": value.key}


def _autoscaling(scaling: Autoscaling) -> dict[str, int]:
    return {
        "minReplicas": scaling.least,
        "maxReplicas": scaling.most,
        "targetCPUUtilizationPercentage": scaling.cpu_percent,
    }


def _volume(volume: Volume) -> dict[str, object]:
    whole = {
        "name": volume.name,
        "mountPath": volume.mount_path,
        volume.kind: volume.source or dict(volume.options),
        "subPath": volume.sub_path,
        "readOnly": volume.read_only,
    }
    return {key: value for key, value in whole.items() if value or key == volume.kind}
