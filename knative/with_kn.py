"""Says an installation in commands: what kustomize makes of an overlay, by kn as far as it reaches, and by kubectl.

Called by with-kn.sh: objects as YAML on stdin, a script for a shell on stdout. Nothing of an object is left out: what
no flag of kn says of a Service goes into a file for its `-f`, and what kn cannot say at all is applied by kubectl. What
each flag makes: the source of knative/client 1.23.
"""

from __future__ import annotations

import copy
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import yaml

Object = dict[str, Any]
CLASS = "eventing.knative.dev/broker.class"
LOCAL = ("networking.knative.dev/visibility", "cluster-local")
MIN_SCALE = "autoscaling.knative.dev/min-scale"
SINKS = {
    ("serving.knative.dev/v1", "Service"): "ksvc",
    ("v1", "Service"): "svc",
    ("eventing.knative.dev/v1", "Broker"): "broker",
    ("sinks.knative.dev/v1alpha1", "JobSink"): "sinks.knative.dev/v1alpha1/jobsinks",
}
DELIVERY = {"retry": "retry", "backoffPolicy": "backoff-policy", "backoffDelay": "backoff-delay", "timeout": "timeout"}
WIDTH = 110
"""Characters of a line, about."""
STRICT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What `--security-context strict` makes."""


def script(objects: Sequence[Object]) -> str:
    """A script that makes them all, each after what it names."""
    services = [one for one in objects if one["apiVersion"].startswith("serving.knative.dev/")]
    brokers = [(one, said) for one in objects if (said := broker(one))]
    triggers = [(one, said) for one in objects if (said := trigger(one))]
    labelled = [one for one, _ in (*brokers, *triggers)]
    filters = [one for one in objects if one["kind"] == "Trigger" and one not in labelled]
    of_kn = [*services, *labelled, *filters]
    blocks = [
        ("kn has no command for these", _applied([one for one in objects if one not in of_kn])),
        *_services([service(one) for one in services]),
        ("The Broker, whose delivery all Triggers inherit", [_line(said) for _, said in brokers]),
        ("Who hears what: a Trigger per type", [_line(said) for _, said in triggers]),
        ("kn has no flag for their labels", list(_labels(labelled))),
        ("Filters that are more than exact matches, which kn cannot say", _applied(filters)),
        ("Until all of it is ready", list(_waits(objects))),
    ]
    return "\n\n".join(["#!/bin/sh\nset -eu", *("\n".join([f"# {why}.", *what]) for why, what in blocks if what)])


def service(given: Object) -> tuple[list[str], Object]:
    """`kn service apply`, and what it needs in a file beside its flags."""
    rest = copy.deepcopy(given)
    metadata, template = rest["metadata"], rest["spec"]["template"]
    said = ["kn", "service", "apply", *_named(metadata), "--no-wait"]
    del metadata["name"], metadata["namespace"]
    if len(template["spec"]["containers"]) == 1:
        said += _container(template["spec"]["containers"][0], template["spec"])
    said += _flags("service-account", template["spec"].pop("serviceAccountName", None))
    said += _flags("timeout", template["spec"].pop("timeoutSeconds", None))
    labels, annotations = metadata.pop("labels", {}), template.get("metadata", {}).pop("annotations", {})
    if labels.get(LOCAL[0]) == LOCAL[1]:
        del labels[LOCAL[0]]
        said.append("--cluster-local")
    said += _flags("scale-min", annotations.pop(MIN_SCALE, None))
    said += _flags("annotation-revision", *_pairs(annotations)) + _flags("label-service", *_pairs(labels))
    return said, _without_empty(rest)


def _container(container: Object, pod: Object) -> list[str]:
    """Flags for what they can say of it; it is taken out of both."""
    said = _flags("image", container.pop("image", None))
    for one in _split(container, "env", lambda one: set(one) == {"name", "value"}):
        said += _flags("env", f"{one['name']}={one['value']}")
    for one in _split(container, "envFrom", lambda one: set(one) == {"configMapRef"} and len(one["configMapRef"]) == 1):
        said += _flags("env-from", f"cm:{one['configMapRef']['name']}")
    for kind, flag in (("requests", "request"), ("limits", "limit")):
        said += _flags(flag, ",".join(_pairs(container.get("resources", {}).pop(kind, {}))))
    empty = [one["name"] for one in _split(pod, "volumes", lambda one: one.get("emptyDir") == {})]
    said += _flags("volume", *(f"{name}=ed:{name}" for name in empty))
    for one in _split(
        container, "volumeMounts", lambda one: one["name"] in empty and set(one) == {"name", "mountPath"}
    ):
        said += _flags("mount", f"{one['mountPath']}={one['name']}")
    if container.get("securityContext") == STRICT:
        del container["securityContext"]
        said += ["--security-context", "strict"]
    return said


def _split(owner: Object, key: str, is_said: Callable[[Object], bool]) -> list[Object]:
    """What a flag says of a list; the rest stays in it."""
    items: list[Object] = owner.get(key, [])
    owner[key] = [one for one in items if not is_said(one)]
    return [one for one in items if is_said(one)]


def broker(given: Object) -> list[str] | None:
    """`kn broker create`, if it says all of the Broker."""
    spec, annotations = given.get("spec", {}), given["metadata"].get("annotations", {})
    delivery, config = dict(spec.get("delivery", {})), spec.get("config", {})
    if given["kind"] != "Broker" or not set(annotations) <= {CLASS} or not set(spec) <= {"delivery", "config"}:
        return None
    dead_letters = delivery.pop("deadLetterSink", None)
    sink = _sink(dead_letters)
    if (dead_letters and not sink) or not set(delivery) <= set(DELIVERY):
        return None
    if config and (
        set(config) != {"apiVersion", "kind", "name", "namespace"} or config["kind"] != "ConfigMap" or not annotations
    ):
        return None
    said = ["kn", "broker", "create", *_named(given["metadata"]), *_flags("class", annotations.get(CLASS))]
    said += _flags("broker-config", f"cm:{config['name']}:{config['namespace']}" if config else None)
    for key, flag in DELIVERY.items():
        said += _flags(flag, delivery.get(key))
    return said + _flags("dl-sink", sink)


def trigger(given: Object) -> list[str] | None:
    """`kn trigger create`, if it says all of the Trigger: no `filters`, and no delivery of its own."""
    if given["kind"] != "Trigger" or set(given["spec"]) != {"broker", "filter", "subscriber"}:
        return None
    spec, sink = given["spec"], _sink(given["spec"]["subscriber"])
    exact = spec["filter"].get("attributes", {})
    if not sink or "annotations" in given["metadata"] or any("," in value for value in exact.values()):
        return None
    said = ["kn", "trigger", "create", *_named(given["metadata"]), "--broker", spec["broker"]]
    return said + _flags("filter", *_pairs(exact)) + ["--sink", sink]


def _sink(destination: Mapping[str, Any] | None) -> str | None:
    """As kn spells it; None if there is none, or one that it cannot say."""
    if not destination or set(destination) != {"ref"}:
        return None
    ref = destination["ref"]
    kind = SINKS.get((ref["apiVersion"], ref["kind"]))
    return f"{kind}:{ref['name']}" if kind and "namespace" not in ref else None


def _services(said: Iterable[tuple[list[str], Object]]) -> Iterator[tuple[str, list[str]]]:
    """What several have beside their flags is written once, before them."""
    for text, same in groupby(said, key=lambda one: _yaml([one[1]])):
        lines = [flags for flags, _ in same]
        if set(yaml.safe_load(text)) == {"apiVersion", "kind"}:
            yield "The steps", [_line(flags) for flags in lines]
        else:
            file = ["rest=${rest:-$(mktemp)}", "trap 'rm -f \"$rest\"' EXIT", f"cat >\"$rest\" <<'END'\n{text}END"]
            yield "No flag of `kn service apply` says this of the steps below", file
            yield "The steps", [_line(flags) + ' -f "$rest"' for flags in lines]


def _labels(objects: Iterable[Object]) -> Iterator[str]:
    by_labels: dict[tuple[str, ...], list[Object]] = {}
    for one in objects:
        by_labels.setdefault(tuple(_pairs(one["metadata"].get("labels", {}))), []).append(one)
    for labels, same in by_labels.items():
        names = [f"{one['kind'].lower()}/{one['metadata']['name']}" for one in same]
        if labels:
            yield _line(["kubectl", "label", "-n", same[0]["metadata"]["namespace"], "--overwrite", *names, *labels])


def _applied(objects: Sequence[Object]) -> list[str]:
    return [f"kubectl apply -f - <<'END'\n{_yaml(objects)}END"] if objects else []


def _waits(objects: Iterable[Object]) -> Iterator[str]:
    """For each by its name: what else is there is not ours to wait for."""
    waited: dict[tuple[str, str], list[str]] = {}
    for one in objects:
        metadata = one["metadata"]
        if found := _WAITED.get((one["apiVersion"].partition("/")[0], one["kind"])):
            condition, kind = found
            waited.setdefault((metadata["namespace"], condition), []).append(f"{kind}/{metadata['name']}")
    for (namespace, condition), names in waited.items():
        yield _line(["kubectl", "wait", "-n", namespace, f"--for=condition={condition}", "--timeout=300s", *names])


_WAITED = {
    ("apps", "Deployment"): ("Available", "deployment"),
    ("serving.knative.dev", "Service"): ("Ready", "ksvc"),
    ("eventing.knative.dev", "Broker"): ("Ready", "broker"),
    ("eventing.knative.dev", "Trigger"): ("Ready", "trigger"),
    ("sinks.knative.dev", "JobSink"): ("Ready", "jobsink"),
    ("sources.knative.dev", "SinkBinding"): ("Ready", "sinkbinding"),
}


def _named(metadata: Object) -> list[str]:
    return [metadata["name"], "-n", metadata["namespace"]]


def _flags(name: str, *values: object) -> list[str]:
    return [word for value in values if value not in (None, "") for word in (f"--{name}", str(value))]


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{key}={value}" for key, value in values.items()]


def _without_empty(node: Any) -> Any:  # noqa: ANN401 - of any YAML
    """Without the mappings and lists that hold nothing any more; an empty value of a volume stays."""
    if isinstance(node, list):
        return [kept for item in node if (kept := _without_empty(item)) not in ({}, [])]
    if not isinstance(node, dict):
        return node
    kept = {key: value if key == "emptyDir" else _without_empty(value) for key, value in node.items()}
    return {key: value for key, value in kept.items() if key == "emptyDir" or value not in ({}, [])}


def _yaml(objects: Iterable[Object]) -> str:
    return yaml.safe_dump_all(objects, sort_keys=False, default_flow_style=None, width=120)


def _line(words: Sequence[str]) -> str:
    """Several lines, where it is long; a flag stays with its value."""
    lines = [""]
    for word, after in zip(words, [*words[1:], "-"], strict=True):
        needed = len(word) + (len(after) if word.startswith("--") and not after.startswith("-") else 0)
        if len(lines[-1]) + needed > WIDTH:
            lines.append("   ")
        lines[-1] += f" {shlex.quote(word)}" if lines[-1] else word
    return " \\\n".join(lines)


if __name__ == "__main__":
    print(script([one for one in yaml.safe_load_all(sys.stdin) if one]))
