"""What is connected to what, read from the manifests in `knative/`: the same files that a cluster gets.

It knows the kinds it needs (Broker, Trigger, Service, JobSink, PingSource, SinkBinding, ConfigMap), ignores the others
(RBAC, namespaces), and checks that every name that is pointed at exists. Pure but for reading the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from keptn.adapters.machine import procfile
from keptn.errors import InvalidFile, Refused
from keptn.local import delivery_spec, filters
from keptn.local.delivery_spec import DeliverySpec, Destination
from keptn.local.filters import Filter

CLUSTER_LOCAL = ("networking.knative.dev/visibility", "cluster-local")
DEFAULT_TIMEOUT_S = 300.0
"""Of a Service without `timeoutSeconds` (Knative Serving, config-defaults)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Knative Service. source: its FUNCTION_SOURCE; empty: any program, which command starts, for a shell.
    secrets: variable to `secret/key`. public: reachable from outside, not cluster-local.

    sink: the Broker it posts to (K_SINK), `<namespace>/<name>`, by its settings or a SinkBinding; empty: none.
    """

    name: str
    source: str
    command: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = DEFAULT_TIMEOUT_S
    public: bool = True
    sink: str = ""
    folder: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSink:
    """Starts a Job per event. backoff_limit: repeats after the first failure (batch/v1, default 6). sink: as above."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    backoff_limit: int = 6
    deadline_s: float | None = None
    sink: str = ""
    folder: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Who hears which events. delivery: its own, or the Broker's: one replaces the other as a whole."""

    name: str
    broker: str
    matches: Filter
    subscriber: Destination
    delivery: DeliverySpec

    @property
    def address(self) -> str:
        """The subscriber's URL, as a cluster spells it."""
        return self.subscriber.address(self.broker.partition("/")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A PingSource: who is told, with what data."""

    name: str
    sink: Destination
    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """All of it. brokers: `<namespace>/<name>`. pings: by name."""

    brokers: frozenset[str]
    triggers: Mapping[str, Trigger]
    functions: Mapping[str, Function]
    job_sinks: Mapping[str, JobSink]
    pings: Mapping[str, Ping]

    def triggers_of(self, broker: str) -> list[Trigger]:
        return [trigger for trigger in self.triggers.values() if trigger.broker == broker]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    file: Path
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"].get("namespace") or NAMESPACE)

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.body.get("spec") or {}

    @property
    def owner(self) -> str:
        return f"{self.body['kind']} {self.name} ({self.file.name})"


NAMESPACE = "keptn"
SETTINGS = "keptn-settings"
"""The ConfigMap that every step takes its settings from."""


def read(folders: Iterable[Path]) -> Wiring:
    """Read every YAML file below the folders. Raises InvalidFile or Refused: nothing starts half-wired."""
    kinds: dict[str, list[_Manifest]] = defaultdict(list)
    for manifest in _manifests(folders):
        kinds[_kind(manifest.body)].append(manifest)
    values = {m.name: _strings(m.body.get("data") or {}) for m in kinds["v1/ConfigMap"]}
    bindings = kinds["sources.knative.dev/SinkBinding"]
    wiring = Wiring(
        brokers=frozenset(f"{m.namespace}/{m.name}" for m in kinds["eventing.knative.dev/Broker"]),
        triggers=_triggers(kinds["eventing.knative.dev/Trigger"], kinds["eventing.knative.dev/Broker"]),
        functions={m.name: _function(m, values, bindings) for m in kinds["serving.knative.dev/Service"]},
        job_sinks={m.name: _job_sink(m, values, bindings) for m in kinds["sinks.knative.dev/JobSink"]},
        pings={m.name: _ping(m) for m in kinds["sources.knative.dev/PingSource"]},
    )
    _check(wiring)
    return wiring


def _manifests(folders: Iterable[Path]) -> Iterator[_Manifest]:
    for folder in folders:
        if not folder.is_dir():
            raise Refused(f"there is no folder {folder} with manifests; give it with --manifests")
        for file in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
            yield from _documents(file)


def _documents(file: Path) -> Iterator[_Manifest]:
    try:
        documents = list(yaml.safe_load_all(file.read_text()))
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise InvalidFile(f"not valid YAML: {' '.join(str(exc).split())}", file=str(file)) from exc
    for body in documents:
        if isinstance(body, dict) and body.get("kind") and (body.get("metadata") or {}).get("name"):
            yield _Manifest(file=file, body=body)


def _kind(body: Mapping[str, Any]) -> str:
    """`<api group>/<kind>`, whatever the version."""
    group, slash, _version = str(body.get("apiVersion")).rpartition("/")
    return f"{group}/{body['kind']}" if slash else f"v1/{body['kind']}"


def _triggers(manifests: Sequence[_Manifest], brokers: Sequence[_Manifest]) -> dict[str, Trigger]:
    of_broker = {f"{m.namespace}/{m.name}": _delivery(m) for m in brokers}
    triggers = {}
    for manifest in manifests:
        broker = f"{manifest.namespace}/{manifest.spec.get('broker')}"
        if broker not in of_broker:
            raise Refused(f"{manifest.owner}: there is no Broker {broker}; there are: {', '.join(of_broker) or 'none'}")
        triggers[manifest.name] = Trigger(
            name=manifest.name,
            broker=broker,
            matches=filters.of_trigger(manifest.spec, trigger=manifest.name),
            subscriber=delivery_spec.destination(manifest.spec["subscriber"], owner=manifest.owner),
            delivery=_delivery(manifest) or of_broker[broker] or BROKER_DEFAULT,
        )
    return triggers


BROKER_DEFAULT = DeliverySpec(retry=10)
"""Of a Broker that says nothing (Knative, config-br-defaults): exponential from 0.2 s."""


def _delivery(manifest: _Manifest) -> DeliverySpec | None:
    return delivery_spec.read(manifest.spec.get("delivery"), owner=manifest.owner)


def _function(manifest: _Manifest, values: Mapping[str, Mapping[str, str]], bindings: Sequence[_Manifest]) -> Function:
    template = manifest.spec["template"]["spec"]
    container = template["containers"][0]
    env = _env(container, values, manifest)
    command = "" if "FUNCTION_SOURCE" in env else procfile.web(manifest.file.parent)
    missing = [key for key in ("FUNCTION_SOURCE", "FUNCTION_TARGET") if key not in env]
    if missing and not command:
        other = "" if "FUNCTION_SOURCE" in env else ", and no Procfile beside it has a line 'web: COMMAND'"
        raise Refused(f"{manifest.owner}: its container's env lacks {' and '.join(missing)}{other}")
    label, local = CLUSTER_LOCAL
    return Function(
        name=manifest.name,
        source=env.get("FUNCTION_SOURCE", ""),
        command=command,
        env=env,
        secrets=_secrets(container),
        timeout_s=float(template.get("timeoutSeconds") or DEFAULT_TIMEOUT_S),
        public=(manifest.body["metadata"].get("labels") or {}).get(label) != local,
        sink=_sink(bindings, "Service", manifest.body["metadata"]) or _sink_of_settings(container),
        folder=manifest.file.parent,
    )


def _job_sink(manifest: _Manifest, values: Mapping[str, Mapping[str, str]], bindings: Sequence[_Manifest]) -> JobSink:
    template = manifest.spec["job"]
    job = template["spec"]
    container = job["template"]["spec"]["containers"][0]
    deadline_s = job.get("activeDeadlineSeconds")
    return JobSink(
        name=manifest.name,
        command=[*container.get("command", ()), *container.get("args", ())],
        env=_env(container, values, manifest),
        backoff_limit=int(job.get("backoffLimit", 6)),
        deadline_s=float(deadline_s) if deadline_s else None,
        sink=_sink(bindings, "Job", template.get("metadata") or {}) or _sink_of_settings(container),
        folder=manifest.file.parent,
    )


def _sink(bindings: Sequence[_Manifest], kind: str, metadata: Mapping[str, Any]) -> str:
    """The Broker that a SinkBinding binds this object to, by its name or its labels; empty if none does."""
    labels = (metadata.get("labels") or {}).items()
    for binding in bindings:
        subject = binding.spec["subject"]
        wanted = (subject.get("selector") or {}).get("matchLabels") or {}
        by_name = subject.get("name") and subject["name"] == metadata.get("name")
        if subject["kind"] == kind and (by_name or (wanted and wanted.items() <= labels)):
            return f"{binding.namespace}/{binding.spec['sink']['ref']['name']}"
    return ""


def _sink_of_settings(container: Mapping[str, Any]) -> str:
    """The default Broker for who takes the settings: an overlay has K_SINK among them, and the local runtime is one."""
    taken = [(source.get("configMapRef") or {}).get("name") for source in container.get("envFrom") or ()]
    return f"{NAMESPACE}/default" if SETTINGS in taken else ""


def _ping(manifest: _Manifest) -> Ping:
    return Ping(
        name=manifest.name,
        sink=delivery_spec.destination(manifest.spec["sink"], owner=manifest.owner),
        data=str(manifest.spec.get("data") or "").encode(),
        content_type=str(manifest.spec.get("contentType") or "application/json"),
    )


def _env(
    container: Mapping[str, Any], values: Mapping[str, Mapping[str, str]], manifest: _Manifest
) -> Mapping[str, str]:
    """`envFrom` ConfigMaps, overlaid with `env`; what comes from Secrets is read when it starts."""
    env: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        name = (source.get("configMapRef") or {}).get("name")
        if name and name not in values:
            raise Refused(f"{manifest.owner}: there is no ConfigMap {name}")
        env |= values.get(name or "", {})
    return env | _strings({one["name"]: one["value"] for one in container.get("env") or () if "value" in one})


def _secrets(container: Mapping[str, Any]) -> Mapping[str, str]:
    """Variables that come from Secrets, to `secret/key`."""
    found = {one["name"]: (one.get("valueFrom") or {}).get("secretKeyRef") for one in container.get("env") or ()}
    return {name: f"{reference['name']}/{reference['key']}" for name, reference in found.items() if reference}


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in values.items()}


def _check(wiring: Wiring) -> None:
    pointers = [(f"Trigger {t.name}", t.subscriber) for t in wiring.triggers.values()]
    sinks = [(f"Trigger {t.name}", t.delivery.dead_letter_sink) for t in wiring.triggers.values()]
    pointers += [(owner, sink) for owner, sink in sinks if sink]
    pointers += [(f"PingSource {p.name}", p.sink) for p in wiring.pings.values()]
    known = {"Service": wiring.functions, "JobSink": wiring.job_sinks}
    for owner, destination in pointers:
        if destination.kind and destination.name not in known[destination.kind]:
            raise Refused(f"{owner} points at {destination.kind} {destination.name}, which is in no manifest")
