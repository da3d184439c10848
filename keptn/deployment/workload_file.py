"""The part of a values file that says how containers run, with the line of what is wrong. Pure.

Called for values files (`projects/values.py`) and for the colours of a desired state (`state.py`), which hold the same
keys. Names and forms follow Kubernetes and what `helm create` writes; docs/services.md explains each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import names
from keptn.deployment.reading import Place
from keptn.deployment.workload import (
    PROBES,
    TARGETS,
    VOLUME_SOURCES,
    Autoscaling,
    Patch,
    Port,
    SecretKey,
    Volume,
    Workload,
)
from keptn.documents import Document, Path
from keptn.errors import Refused

KEYS = (
    "env",
    "health",
    "replicas",
    "autoscaling",
    "ports",
    "resources",
    "volumes",
    *PROBES,
    "serviceAccountName",
    "imagePullSecrets",
    "hostnames",
    "labels",
    "patches",
)
MOST_REPLICAS = 1000
NAME = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
OBJECT = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
_KEY = r"[-._a-zA-Z0-9]{1,253}"
_QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?"
_LABEL_KEY = r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
_LABEL = r"([a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)?"
_OWN_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/part-of")
_SECONDS = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold")
_CHECKS: Mapping[str, tuple[str, ...]] = {
    "httpGet": ("path", "port", "scheme", "httpHeaders"),
    "tcpSocket": ("port",),
    "grpc": ("port", "service"),
    "exec": ("command",),
}
_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "add": ("value",),
    "replace": ("value",),
    "test": ("value",),
    "remove": (),
    "move": ("from",),
    "copy": ("from",),
}


def read(document: Document, data: Mapping[str, Any], path: Path = ()) -> Workload:
    """The workload below the path, whatever other keys stand there. Raises InvalidFile with the line."""
    at = Place(document, path, data)
    workload = Workload(
        env=_env(at["env"]),
        health=_health(at["health"]),
        replicas=at["replicas"].number(1, MOST_REPLICAS) if not at["replicas"].absent else 1,
        autoscaling=_autoscaling(at["autoscaling"]),
        ports=_ports(at["ports"]),
        resources=_resources(at["resources"]),
        volumes=tuple(_volume(item) for item in at["volumes"].items()),
        probes={name: _probe(at[name]) for name in PROBES if not at[name].absent},
        service_account=_name(at["serviceAccountName"]) if not at["serviceAccountName"].absent else "",
        pull_secrets=tuple(_pull_secret(item) for item in at["imagePullSecrets"].items()),
        hostnames=tuple(_hostname(item) for item in at["hostnames"].items()),
        labels={_label_key(value): _label(value) for value in at["labels"].entries()},
        patches=tuple(_patch(item) for item in at["patches"].items()),
    )
    _check_together(at, workload)
    return workload


def _check_together(at: Place, workload: Workload) -> None:
    if workload.autoscaling and not at["replicas"].absent:
        raise at["replicas"].error("and autoscaling exclude each other; say minReplicas and maxReplicas there")
    if workload.health and "readinessProbe" in workload.probes:
        raise at["health"].error("and readinessProbe say the same; keep one")
    if workload.autoscaling and not any("cpu" in amounts for amounts in workload.resources.values()):
        raise at["autoscaling"].error("aims at a share of the CPU that is requested; add resources.requests.cpu")
    known = {port.name for port in workload.ports}
    for name in workload.probes:
        for check in ("httpGet", "tcpSocket"):
            port = at[name][check]["port"]
            if isinstance(port.value, str) and port.value not in known:
                raise port.error(f"is the name of no port; ports: {', '.join(sorted(known)) or 'none has a name'}")
    for key, what in (("volumes", "name"), ("volumes", "mountPath")):
        seen: set[str] = set()
        for item in at[key].items():
            if item.value[what] in seen:
                raise item[what].error("stands twice")
            seen.add(item.value[what])


def _env(at: Place) -> dict[str, str | SecretKey]:
    if not at.absent and not isinstance(at.value, Mapping):
        raise at.error("must map names to values, as in `env: {CURRENCY: EUR}`")
    for name in at.mapping():
        if not name or "=" in name or "\0" in name:
            raise at[name].document.error(f"{name!r} cannot name an environment variable", *at.path, name)
        if name == "PORT":
            raise at[name].error("is where the service shall listen, and set for it; name another port under `ports`")
    return {str(value.path[-1]): _env_value(value) for value in at.entries()}


def _env_value(at: Place) -> str | SecretKey:
    if not isinstance(at.value, Mapping):
        return at.scalar()
    if "valueFrom" in at.mapping(keys=("secret", "key", "valueFrom")):
        if len(at.value) > 1:
            raise at.error("must have either valueFrom, or secret and key")
        ref = at["valueFrom"]["secretKeyRef"]
        at["valueFrom"].mapping(keys=("secretKeyRef",))
        ref.mapping(keys=("name", "key"))
        return SecretKey(name=_name(ref["name"]), key=_secret_key(ref["key"]))
    return SecretKey(name=_name(at["secret"]), key=_secret_key(at["key"]))


def _secret_key(at: Place) -> str:
    key = at.text(_KEY, must="must be a secret's key: letters, digits, - _ and .")
    if key in (".", ".."):
        raise at.error("must be a secret's key: letters, digits, - _ and .")
    return key


def _health(at: Place) -> str:
    return "" if at.value in (None, "") else at.text(r"/\S*", must="must be a path such as /health")


def _autoscaling(at: Place) -> Autoscaling | None:
    if at.absent:
        return None
    at.mapping(keys=("minReplicas", "maxReplicas", "targetCPUUtilizationPercentage"))
    least = at["minReplicas"].number(1, MOST_REPLICAS)
    most = at["maxReplicas"].number(1, MOST_REPLICAS)
    if least > most:
        raise at["minReplicas"].error(f"must not be above maxReplicas ({most})")
    return Autoscaling(least=least, most=most, cpu_percent=at["targetCPUUtilizationPercentage"].number(1, 1000))


def _ports(at: Place) -> tuple[Port, ...]:
    ports: list[Port] = []
    for item in at.items():
        item.mapping(keys=("name", "containerPort"))
        name = item["name"]
        called = "http" if name.absent and not ports else name.text(r"[a-z]([-a-z0-9]{0,13}[a-z0-9])?", must=_PORT_NAME)
        port = Port(name=called, number=item["containerPort"].number(1, 65_535))
        if port.name in {earlier.name for earlier in ports}:
            raise name.error("stands twice")
        if port.number in {earlier.number for earlier in ports}:
            raise item["containerPort"].error("stands twice")
        ports.append(port)
    return tuple(ports)


_PORT_NAME = "must be a port's name: up to 15 lower-case letters, digits and hyphens, a letter first"


def _resources(at: Place) -> dict[str, dict[str, str]]:
    at.mapping(keys=("requests", "limits"))
    return {str(kind.path[-1]): {str(one.path[-1]): _quantity(one) for one in kind.entries()} for kind in at.entries()}


def _quantity(at: Place) -> str:
    if isinstance(at.value, int | float) and not isinstance(at.value, bool):
        at = Place(at.document, at.path, str(at.value))
    return at.text(_QUANTITY, must="must be an amount such as 100m, 0.5 or 128Mi")


def amount(quantity: str) -> float:
    """Source: kubernetes.io, Kubernetes API, common definitions, Quantity."""
    unit = quantity.lstrip("0123456789.")
    return float(quantity.removesuffix(unit)) * _UNITS[unit]


_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12} | {
    unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)
}


def _volume(at: Place) -> Volume:
    if not at.mapping(keys=("name", "mountPath", "subPath", "readOnly", *VOLUME_SOURCES)):
        raise at.error(f"must be a mapping with the keys name, mountPath and one of {', '.join(VOLUME_SOURCES)}")
    kinds = [kind for kind in VOLUME_SOURCES if not at[kind].absent]
    if len(kinds) != 1:
        raise at.error(f"must have one of {', '.join(VOLUME_SOURCES)}")
    kind, source = kinds[0], at[kinds[0]]
    empty = kind == "emptyDir"
    return Volume(
        name=at["name"].text(NAME, must="must be a name: lower-case letters, digits and hyphens"),
        mount_path=at["mountPath"].text(r"/[^:\s]*", must="must be a path such as /etc/carts"),
        kind=kind,
        source="" if empty else _name(source),
        options=_empty_dir(source) if empty else {},
        sub_path=at["subPath"].text(r"[^/\s][^\s]*", must="must be a path within it")
        if not at["subPath"].absent
        else "",
        read_only=at["readOnly"].flag(),
    )


def _empty_dir(at: Place) -> dict[str, str]:
    at.mapping(keys=("medium", "sizeLimit"))
    medium = {"medium": at["medium"].text("Memory", must="must be Memory")} if not at["medium"].absent else {}
    return medium | ({"sizeLimit": _quantity(at["sizeLimit"])} if not at["sizeLimit"].absent else {})


def _probe(at: Place) -> dict[str, Any]:
    at.mapping(keys=(*_CHECKS, *_SECONDS))
    checks = [check for check in _CHECKS if not at[check].absent]
    if len(checks) != 1:
        raise at.error(f"must have one of {', '.join(_CHECKS)}")
    how = at[checks[0]]
    how.mapping(keys=_CHECKS[checks[0]])
    if "httpGet" in checks:
        how["path"].text(r"/\S*", must="must be a path such as /health")
        for header in how["httpHeaders"].items():
            header.mapping(keys=("name", "value"))
            header["name"].text()
            header["value"].text()
        if how["scheme"].value not in (None, "HTTP", "HTTPS"):
            raise how["scheme"].error("must be HTTP or HTTPS")
    elif "exec" in checks and not [word.text() for word in how["command"].items()]:
        raise how["command"].error("must have at least one entry")
    elif not how["service"].absent:
        how["service"].text(r".*")
    _check_port(how, needed="exec" not in checks and "httpGet" not in checks, named="grpc" not in checks)
    for key in _SECONDS:
        if not at[key].absent:
            at[key].number(0, 86_400)
    return dict(at.value)


def _check_port(how: Place, *, needed: bool, named: bool) -> None:
    port = how["port"]
    if isinstance(port.value, str) and named:
        return  # _check_together looks whether there is one
    if needed or not port.absent:
        port.number(1, 65_535)


def _name(at: Place) -> str:
    return at.text(OBJECT, must="must be the name of an object: lower-case letters, digits, hyphens and dots")


def _pull_secret(at: Place) -> str:
    """Its name, or as Kubernetes has it: `{name: …}`."""
    if isinstance(at.value, Mapping):
        at.mapping(keys=("name",))
        return _name(at["name"])
    return _name(at)


def _hostname(at: Place) -> str:
    template = at.text(must="must be a host name such as {service}.{project}-{stage}.example.org")
    try:
        names.host_name(template, project="project", stage="stage", service="service")
    except Refused as refused:
        raise at.document.error(str(refused), *at.path) from refused
    return template


def _label_key(at: Place) -> str:
    key = str(at.path[-1])
    if Place(at.document, at.path, key).text(_LABEL_KEY, must="must be the key of a label") and key in _OWN_LABELS:
        raise at.error("is set by keptn; choose another key")
    if key.startswith("keptn.sh/"):
        raise at.error("is keptn's own; choose another key")
    return key


def _label(at: Place) -> str:
    value = at.scalar()
    return Place(at.document, at.path, value).text(_LABEL, must="must be a label: up to 63 letters, digits, - _ and .")


def _patch(at: Place) -> Patch:
    at.mapping(keys=("target", "patch"))
    if at["target"].value not in TARGETS:
        raise at["target"].error(f"must be one of {', '.join(TARGETS)}")
    operations = tuple(_operation(item) for item in at["patch"].items())
    if not operations:
        raise at["patch"].error("must have at least one operation, as in RFC 6902")
    return Patch(target=at["target"].value, operations=operations)


def _operation(at: Place) -> Mapping[str, Any]:
    at.mapping(keys=("op", "path", "value", "from"))
    op = at["op"].value
    if not isinstance(op, str) or op not in _OPERATIONS:
        raise at["op"].error(f"must be one of {', '.join(_OPERATIONS)}")
    for pointer in ("path", *(key for key in _OPERATIONS[op] if key == "from")):
        at[pointer].text(r"(/([^~]|~[01])*)?", must="must be a JSON Pointer such as /spec/template/spec")
    if "value" in _OPERATIONS[op] and "value" not in at.value:
        raise at.error(f"lacks the value that {op} needs")
    at["value"].json()
    return dict(at.value)
