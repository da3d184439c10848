"""A values file as Helm's charts and keptn 0.2 to 0.3 had it, read as a values file of ours. Pure.

    replicaCount: 1
    image: {repository: null, tag: null, pullPolicy: IfNotPresent}     # the artifact brings the image
    service: {name: carts, type: ClusterIP, externalPort: 80, internalPort: 8080}
    container: {name: carts}
    resources: {limits: {cpu: 100m}}

What has no place here is left out, and said. Source: keptn/examples (onboarding-carts), `helm create`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from keptn.documents import Document, Path
from keptn.names import is_name

_PORTS = ("internalPort", "targetPort", "containerPort", "port")
"""Of a Helm `service`, where the container listens; the first that is there."""
_NO_NAMES = ("chart", "charts", "helm", "keptn", "values")
_OURS = frozenset(
    {"name", "metadata", "env", "health", "replicas", "ports", "resources", "volumes", "readinessProbe"}
    | {"livenessProbe", "startupProbe", "serviceAccountName", "imagePullSecrets", "hostnames", "labels", "patches"}
)
"""Keys that mean here what they mean there."""


def translated(document: Document) -> Document:
    """The document with our keys; as it is, where it is one of ours."""
    data = document.data
    if not isinstance(data, Mapping):
        return document
    if _is_helm(data):
        return _Translation(document).done()
    given = {key: value for key, value in data.items() if key != "image" or not _empty(value)}
    if (folder := _named_by_folder(document, given)) is None:
        return replace(document, data=given)
    note = str(document.error(f"the folder names the service: {folder}"))
    return replace(document, data={**given, "service": folder}, notes=(*document.notes, note))


def _is_helm(data: Mapping[Any, Any]) -> bool:
    image, service = data.get("image"), data.get("service")
    of_image = isinstance(image, Mapping) and "pullPolicy" in image
    of_service = isinstance(service, Mapping) and bool({"name", "type", *_PORTS} & service.keys())
    return "replicaCount" in data or of_image or of_service


def _empty(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_empty, value.values()))
    return value is None or value in ("", [])


def _named_by_folder(document: Document, data: Mapping[Any, Any]) -> str | None:
    """A chart has the name of its folder, and so has a service's folder in a config repo; None if the file has one."""
    folder = PurePosixPath(document.file).parent.name
    unnamed = {"service", "name", "metadata"}.isdisjoint(data) and bool(data)
    return folder if unnamed and is_name(folder) and folder not in _NO_NAMES else None


class _Translation:
    def __init__(self, document: Document) -> None:
        self.document, self.data = document, {k: v for k, v in document.data.items() if not _empty(v)}
        self.found: dict[str, Any] = {}
        self.lines: dict[Path, int] = dict(document.lines)
        self.read: list[str] = []
        self.unused: list[str] = []

    def done(self) -> Document:
        readers = {
            "replicaCount": self._replicas,
            "service": self._service,
            "image": self._image,
            "autoscaling": self._autoscaling,
            "serviceAccount": self._service_account,
            "env": self._env,
        }
        for key, value in self.data.items():
            readers.get(str(key), self._other)(str(key), value)
        self._name_of_folder()
        said = (
            f"read as a values file of Helm: {', '.join(self.read)}" if self.read else "read as a values file of Helm"
        )
        unused = f"; not used: {', '.join(self.unused)}" if self.unused else ""
        note = str(self.document.error(f"{said}{unused}"))
        return replace(self.document, data=self.found, lines=self.lines, notes=(*self.document.notes, note))

    def _name_of_folder(self) -> None:
        if folder := _named_by_folder(self.document, self.found):
            self.found["service"] = folder
            self.read.append(f"the folder {folder} as service")

    def _put(self, path: Path, value: object, *, of: str) -> None:
        """A key of ours, with the line of theirs."""
        self.found[str(path[0])] = value
        if line := self.document.line(of.split(".")):
            self.lines[path] = self.lines[path[:1]] = line
        self.read.append(f"{of} as {path[0]}")

    def _replicas(self, key: str, value: object) -> None:
        if not _is_on(self.data.get("autoscaling")):
            self._put(("replicas",), _number(value), of=key)

    def _service(self, key: str, value: object) -> None:
        if not isinstance(value, Mapping):
            self.found[key] = value
            return
        if not _empty(value.get("name")):
            self._put(("service",), value["name"], of="service.name")
        port = next((name for name in _PORTS if isinstance(_number(value.get(name)), int)), None)
        if port and "ports" not in self.data:
            self._put(("ports", 0, "containerPort"), [{"containerPort": _number(value[port])}], of=f"service.{port}")
        self._rest(key, value, known={"name", port})

    def _image(self, key: str, value: object) -> None:
        if not isinstance(value, Mapping):
            self.found[key] = value
            return
        image = {name: value[name] for name in ("repository", "tag") if not _empty(value.get(name))}
        if "repository" in image:
            self.found[key] = image
        self._rest(key, value, known={"repository", "tag"})

    def _autoscaling(self, key: str, value: object) -> None:
        if not isinstance(value, Mapping) or not _is_on(value):
            return
        known = {"minReplicas", "maxReplicas", "targetCPUUtilizationPercentage"}
        self.found[key] = {name: item for name, item in value.items() if name in known and not _empty(item)}
        self._rest(key, value, known=known | {"enabled"})

    def _service_account(self, key: str, value: object) -> None:
        if isinstance(value, Mapping) and not _empty(value.get("name")):
            self._put(("serviceAccountName",), value["name"], of="serviceAccount.name")
        self._rest(key, value if isinstance(value, Mapping) else {}, known={"name"})

    def _env(self, key: str, value: object) -> None:
        """Also Kubernetes' own form, a list of name and value."""
        named = isinstance(value, list) and all(
            isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in value
        )
        if not named or not isinstance(value, list):
            self.found[key] = value
            return
        self.found[key] = {
            one["name"]: {"valueFrom": one["valueFrom"]} if "valueFrom" in one else one.get("value", "")
            for one in value
        }

    def _other(self, key: str, value: object) -> None:
        if key in _OURS:
            self.found[key] = value
        else:
            self.unused.append(key)

    def _rest(self, key: str, value: Mapping[Any, Any], *, known: Collection[object]) -> None:
        self.unused += [f"{key}.{name}" for name, item in value.items() if name not in known and not _empty(item)]


def _number(value: object) -> object:
    """Charts put numbers in quotes, too."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _is_on(autoscaling: object) -> bool:
    return isinstance(autoscaling, Mapping) and autoscaling.get("enabled", True) is True and not _empty(autoscaling)
