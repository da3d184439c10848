"""Kubernetes and Knative: are they there, new enough, and wired."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from keptn.installation import readiness
from keptn.installation.doctor.finding import DOCS, Finding, Level, Patient
from keptn.installation.kubectl import Kubectl, Object

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


def kubernetes(patient: Patient) -> Iterator[Finding]:
    told = json.loads(patient.kubectl.run("get", "--raw", "/version"))
    version = _version(f"{told['major']}.{told['minor']}")
    yield _old_or_fine("Kubernetes", version, KUBERNETES, "upgrade the cluster")


def knative(patient: Patient) -> Iterator[Finding]:
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


def ingress(patient: Patient) -> Iterator[Finding]:
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


def broker(patient: Patient) -> Iterator[Finding]:
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


def _labels(found: Object | None) -> Mapping[str, str]:
    return dict((found or {}).get("metadata", {}).get("labels", {}))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _old_or_fine(name: str, version: tuple[int, ...], least: tuple[int, ...], mend: str) -> Finding:
    told, needed = (".".join(map(str, one)) for one in (version, least))
    if version < least:
        return Finding(level=Level.MISSING, what=f"{name} is {told}; {needed} or newer is needed", mend=mend)
    return Finding(level=Level.OK, what=f"{name} is {told}")
