"""What a cluster lacks for keptn: one check per thing, each a sentence with what mends it. It changes nothing.

What keptn reaches from within the cluster is not reached from here: of an address in the cluster its Service's
endpoints are looked at, any other has to be known to DNS.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from keptn.adapters.router import gateway_listeners
from keptn.errors import KeptnError
from keptn.installation import manifests, readiness
from keptn.installation.kubectl import Kubectl, Object
from keptn.settings import Settings
from keptn.settings import read as read_settings

KUBERNETES = (1, 30)
KNATIVE = (1, 15)
"""The oldest: policies of admission; JobSink."""
TESTED = "tested with 1.23"
INGRESSES = {
    "kourier": ("kourier-system", "3scale-kourier-gateway"),
    "istio": ("istio-system", "istio-ingressgateway"),
    "contour": ("contour-external", "contour"),
}
"""What serves each ingress class of Knative: namespace, Deployment."""
DOCS = "docs/cluster.md"


class Level(StrEnum):
    """MISSING: keptn does not work. WARNING: it does, not as it should or not surely."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """what: one thing and how it is. mend: what to do; empty if all is well."""

    level: Level
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.level + ':':<9}{self.what}" + (f"; {self.mend}" if self.mend else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The cluster, and what keptn is or would be in it. values: of the ConfigMap, read as settings.

    api: its Service; None where keptn is not installed.
    """

    kubectl: Kubectl
    groups: set[str]
    values: Mapping[str, str]
    settings: Settings
    objects: Sequence[Object]
    api: Object | None


def examined(kubectl: Kubectl, *, overlay: str, pairs: Sequence[str]) -> list[Finding]:
    """Every check, in the order in which things are mended. Raises KeptnError: the cluster cannot be asked at all."""
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
        name = check.__name__.strip("_").replace("_", " ")
        yield Finding(level=Level.WARNING, what=f"{name} cannot be looked at: {error}")


def _kubernetes(patient: Patient) -> Iterator[Finding]:
    told = json.loads(patient.kubectl.run("get", "--raw", "/version"))
    version = _version(f"{told['major']}.{told['minor']}")
    yield _old_or_fine("Kubernetes", version, KUBERNETES, "upgrade the cluster")


def _knative(patient: Patient) -> Iterator[Finding]:
    for name, group, deployment in (
        ("Knative Serving", "serving.knative.dev", "controller"),
        ("Knative Eventing", "eventing.knative.dev", "eventing-controller"),
    ):
        if group not in patient.groups:
            yield Finding(level=Level.MISSING, what=f"there is no {name}", mend=f"install it ({DOCS})")
            continue
        space = f"knative-{name.split()[1].lower()}"
        found = patient.kubectl.one("-n", space, "get", "deployment", deployment)
        version = _version(_labels(found).get("app.kubernetes.io/version", ""))
        if version:
            yield _old_or_fine(name, version, KNATIVE, f"upgrade it; {TESTED}")
        else:
            what = f"{name} is there, its version is not known: {space} has no Deployment {deployment} with one"
            yield Finding(level=Level.WARNING, what=what, mend=f"see that it is 1.15 or newer; {TESTED}")
    if "eventing.knative.dev" in patient.groups and "sinks.knative.dev" not in patient.groups:
        what = "Knative Eventing has no JobSink, so no test can run"
        yield Finding(level=Level.MISSING, what=what, mend="upgrade Eventing to 1.15 or newer, with its sinks")


def _ingress(patient: Patient) -> Iterator[Finding]:
    if "serving.knative.dev" not in patient.groups:
        return
    config = patient.kubectl.one("-n", "knative-serving", "get", "configmap", "config-network") or {}
    named = (config.get("data") or {}).get("ingress-class", "istio.ingress.networking.knative.dev")
    known = INGRESSES.get(named.partition(".")[0])
    if not known:
        yield Finding(level=Level.OK, what=f"Knative's ingress is of class {named}")
        return
    found = patient.kubectl.one("-n", known[0], "get", "deployment", known[1])
    if found and not readiness.missing([found]):
        yield Finding(level=Level.OK, what=f"Knative's ingress {named.partition('.')[0]} is up")
    elif found:
        what = f"Knative's ingress is not up: {readiness.missing([found])[0]}"
        yield Finding(level=Level.MISSING, what=what, mend=f"kubectl -n {known[0]} get pods")
    else:
        what = f"Knative's ingress is {named}, and there is no Deployment {known[1]} in {known[0]}"
        mend = f"install it, or name another in ingress-class of config-network ({DOCS})"
        yield Finding(level=Level.WARNING, what=what, mend=mend)


def _broker(patient: Patient) -> Iterator[Finding]:
    if "eventing.knative.dev" not in patient.groups:
        return
    found = patient.kubectl.one("-n", "keptn", "get", "brokers.eventing.knative.dev", "default")
    found = found or next((one for one in patient.objects if one["kind"] == "Broker"), None)
    classes = (found or {}).get("metadata", {}).get("annotations", {})
    named = classes.get("eventing.knative.dev/broker.class") or _default_class(patient.kubectl)
    if named == "Kafka":
        if patient.kubectl.one("-n", "knative-eventing", "get", "configmap", "kafka-broker-config"):
            yield Finding(level=Level.OK, what="the Broker is of class Kafka")
        else:
            what = "the Broker is of class Kafka, and knative-eventing has no ConfigMap kafka-broker-config"
            yield Finding(level=Level.MISSING, what=what, mend="install the Kafka Broker, or choose another overlay")
    elif named == "MTChannelBasedBroker":
        what = "the Broker is of class MTChannelBasedBroker: in memory it loses events with its pods"
        yield Finding(level=Level.WARNING, what=what, mend="for more than development use Kafka (--overlay=production)")
    else:
        mend = "RabbitMQ counts 4xx as success: use Kafka" if "abbit" in named else "not tried; use Kafka"
        yield Finding(level=Level.WARNING, what=f"the Broker is of class {named or '(none)'}", mend=mend)


def _default_class(kubectl: Kubectl) -> str:
    config = kubectl.one("-n", "knative-eventing", "get", "configmap", "config-br-defaults") or {}
    found = re.search(r"brokerClass: *(\S+)", (config.get("data") or {}).get("default-br-config", ""))
    return found[1] if found else ""


def _dns(patient: Patient) -> Iterator[Finding]:
    host = urlsplit(patient.settings.function_url("api")).hostname or ""
    if host.endswith(".cluster.local"):
        what = f"the api's name {host} is known in the cluster alone: keptn auth needs another --endpoint and --host"
        yield Finding(level=Level.WARNING, what=what, mend="set KEPTN_PUBLIC_URL if registries outside are to reach it")
    else:
        yield _resolved(
            "the api's name", host, f"lead it to Knative's ingress, or correct KEPTN_PUBLIC_URL ({DOCS}, DNS)"
        )


def _gateway(patient: Patient) -> Iterator[Finding]:
    if patient.settings.router != "gateway_api":
        return
    if "gateway.networking.k8s.io" not in patient.groups:
        what = "there is no Gateway API, so users are led to no service"
        yield Finding(level=Level.MISSING, what=what, mend=f"install it and what serves it ({DOCS})")
        return
    space, name, *section = patient.settings.gateway.split("/")
    found = patient.kubectl.one("-n", space, "get", "gateways.gateway.networking.k8s.io", name)
    if found is None:
        what = f"there is no Gateway {name} in {space}"
        yield Finding(level=Level.MISSING, what=what, mend="make it, or --set KEPTN_GATEWAY=namespace/name")
        return
    listeners = [one for one in found["spec"].get("listeners", ()) if not section or one["name"] == section[0]]
    if section and not listeners:
        what = f"the Gateway {space}/{name} has no listener {section[0]}"
        yield Finding(level=Level.MISSING, what=what, mend="make it, or --set KEPTN_GATEWAY=namespace/name/listener")
        return
    for why in filter(None, (gateway_listeners.shut(one["name"], found) for one in listeners)):
        level = Level.MISSING if section else Level.WARNING
        yield Finding(level=level, what=f"the Gateway {space}/{name}: {why}", mend=f"{DOCS}, TLS of users' hosts")
    all_spaces = [one for one in listeners if _from(one) in ("All", "Selector")]
    conditions = {one["type"]: one for one in found.get("status", {}).get("conditions", ())}
    accepted = conditions.get("Accepted", {})
    if not all_spaces:
        what = f"no listener of the Gateway {space}/{name} takes routes of other namespaces"
        yield Finding(level=Level.MISSING, what=what, mend="allowedRoutes: {namespaces: {from: All}} on its listener")
    elif accepted.get("status") != "True":
        what = f"no controller has accepted the Gateway {space}/{name} ({accepted.get('message') or 'it says nothing'})"
        yield Finding(level=Level.MISSING, what=what, mend=f"kubectl -n {space} describe gateway {name}")
    else:
        yield Finding(level=Level.OK, what=f"the Gateway {space}/{name} takes routes of other namespaces")


def _from(listener: Mapping[str, object]) -> str:
    allowed = listener.get("allowedRoutes")
    spaces = allowed.get("namespaces") if isinstance(allowed, dict) else None
    return str(spaces.get("from", "Same")) if isinstance(spaces, dict) else "Same"


def _store(patient: Patient) -> Iterator[Finding]:
    at = patient.values.get("STORAGE_EMULATOR_HOST", "")
    if patient.settings.store != "gcs":
        what = f"the store is {patient.settings.store}: it does not outlive a pod"
        yield Finding(level=Level.MISSING, what=what, mend="--set KEPTN_STORE=gcs, with KEPTN_BUCKET")
    elif not patient.settings.bucket:
        yield Finding(level=Level.MISSING, what="the store has no bucket", mend="--set KEPTN_BUCKET=your-bucket")
    elif at:
        yield from _reached(patient, "the store", at)
    else:
        what = f"the store is the bucket {patient.settings.bucket}; whether keptn may use it shows in the cluster alone"
        yield Finding(level=Level.OK, what=what)


def _git(patient: Patient) -> Iterator[Finding]:
    if patient.settings.config_repo != "remote":
        what = f"the config repos are {patient.settings.config_repo}: they do not outlive a pod"
        yield Finding(level=Level.MISSING, what=what, mend="--set KEPTN_CONFIG_REPO=remote, with KEPTN_GIT_URL")
        return
    yield from _reached(patient, "the Git server", patient.settings.git_url)
    if patient.api:
        space = patient.settings.secrets_namespace
        found = patient.kubectl.one("-n", space, "get", "secret", "git")
        lacking = sorted({"user", "token"} - ((found or {}).get("data") or {}).keys())
        if lacking:
            what = f"the login of the Git server is not there: Secret git in {space} lacks {' and '.join(lacking)}"
            mend = f"kubectl -n {space} create secret generic git --from-literal=user=… --from-literal=token=…"
            yield Finding(level=Level.MISSING, what=what, mend=mend)


def _registry(patient: Patient) -> Iterator[Finding]:
    if patient.settings.registry != "oci":
        what = f"images are looked up in a registry {patient.settings.registry}, which no cluster has"
        yield Finding(level=Level.MISSING, what=what, mend="--set KEPTN_REGISTRY=oci")
        return
    plain = [one for one in patient.settings.insecure_registries.split() if not set("*?[") & set(one)]
    for host in plain:
        yield from _reached(patient, "the registry", f"http://{host}")
    if not plain:
        yield Finding(level=Level.OK, what="registries are asked over HTTPS, as images name them")


def _prometheus(patient: Patient) -> Iterator[Finding]:
    if patient.settings.sli_provider != "prometheus" and not patient.settings.prometheus_url:
        return
    if not patient.settings.prometheus_url:
        what = "there is no Prometheus, which gates ask"
        yield Finding(level=Level.WARNING, what=what, mend="--set KEPTN_PROMETHEUS_URL=http://…")
        return
    yield from _reached(patient, "Prometheus", patient.settings.prometheus_url, level=Level.WARNING)


def _rights(patient: Patient) -> Iterator[Finding]:
    """Of whoever asks, to install: one question for each kind that an installation has."""
    kinds = ("namespaces", "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io")
    more = ("validatingadmissionpolicies.admissionregistration.k8s.io", "secrets", "services.serving.knative.dev")
    refused = [kind for kind in (*kinds, *more) if not _may(patient.kubectl, "create", kind)]
    if refused:
        what = f"you may not create {', '.join(refused)}, so keptn install would be refused"
        yield Finding(level=Level.WARNING, what=what, mend="ask for a user with the rights of cluster-admin")
    else:
        yield Finding(level=Level.OK, what="you may install keptn")


def _may(kubectl: Kubectl, verb: str, kind: str) -> bool:
    name, _, group = kind.partition(".")
    asked = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": verb, "resource": name, "group": group, "namespace": ""}},
    }
    answer = json.loads(kubectl.run("create", "-f", "-", "-o", "json", stdin=json.dumps(asked)))
    return bool(answer["status"]["allowed"])


def _keptn(patient: Patient) -> Iterator[Finding]:
    if not patient.api:
        yield Finding(level=Level.WARNING, what="keptn is not installed here", mend="keptn install")
        return
    found = patient.kubectl.objects("-n", "keptn", "get", readiness.KINDS)
    left = readiness.missing(found)
    for sentence in left:
        yield Finding(level=Level.MISSING, what=sentence, mend=f"kubectl -n keptn get ksvc,pods ({DOCS}, Trouble)")
    if not left:
        yield Finding(level=Level.OK, what=f"keptn is installed, and all {len(found)} parts of it are ready")
        url = patient.settings.function_url("bridge")
        yield Finding(level=Level.OK, what=f"its pages are at {url}; keptn bridge prints a link that signs in")
    if not patient.kubectl.one("-n", patient.settings.secrets_namespace, "get", "secret", "api"):
        yield Finding(level=Level.MISSING, what="the api has no root token", mend="keptn install makes one")


CHECKS = (
    _kubernetes,
    _knative,
    _ingress,
    _broker,
    _dns,
    _gateway,
    _store,
    _git,
    _registry,
    _prometheus,
    _rights,
    _keptn,
)


def _reached(patient: Patient, name: str, url: str, level: Level = Level.MISSING) -> Iterator[Finding]:
    """Endpoints of a Service in the cluster, or a name that DNS knows."""
    host = urlsplit(url).hostname or ""
    parts = host.split(".")
    if not (len(parts) > 2 and parts[2] == "svc"):
        yield _resolved(name, host, "correct its setting, or your DNS")
        return
    service, space = parts[:2]
    ours = {(one["kind"], one["metadata"]["name"], one["metadata"].get("namespace")) for one in patient.objects}
    slices = patient.kubectl.objects(
        "-n", space, "get", "endpointslices.discovery.k8s.io", "-l", f"kubernetes.io/service-name={service}"
    )
    ends = [end for one in slices for end in one.get("endpoints") or () if end.get("conditions", {}).get("ready", True)]
    if ends:
        yield Finding(level=Level.OK, what=f"{name} is Service {service} in {space}, and a pod serves it")
    elif not patient.api and ("Service", service, space) in ours:
        yield Finding(level=Level.OK, what=f"{name} comes with keptn install")
    else:
        what = f"{name} is to be Service {service} in {space}, and no pod serves it"
        yield Finding(level=level, what=what, mend=f"kubectl -n {space} get service,pods; or correct its setting")


def _resolved(name: str, host: str, mend: str) -> Finding:
    try:
        socket.getaddrinfo(host, None)
    except OSError as exc:
        what = f"{name} {host} is not known to DNS here ({exc.strerror or exc})"
        return Finding(level=Level.WARNING, what=what, mend=mend)
    return Finding(level=Level.OK, what=f"{name} {host} is known to DNS")


def _labels(found: Object | None) -> Mapping[str, str]:
    return dict((found or {}).get("metadata", {}).get("labels", {}))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _old_or_fine(name: str, version: tuple[int, ...], least: tuple[int, ...], mend: str) -> Finding:
    told, needed = (".".join(map(str, one)) for one in (version, least))
    if version < least:
        return Finding(level=Level.MISSING, what=f"{name} is {told}; {needed} or newer is needed", mend=mend)
    return Finding(level=Level.OK, what=f"{name} is {told}")
