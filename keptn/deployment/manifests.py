"""The Kubernetes objects of a desired state: committed beside it, and what platform and router are then given. Pure.

One file per colour (Deployment, Service, HorizontalPodAutoscaler) and `route.yaml` (HTTPRoute). Revision and epoch
stand in the objects' own annotations only: in a pod's template, a release would restart the pods.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keptn import documents, names
from keptn.deployment import patches, pods, scaling
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import COLOURS, Plan, Version
from keptn.deployment.workload import Autoscaling, Workload
from keptn.documents import Document
from keptn.events import Scope
from keptn.ports import Endpoint, Manifest, Pin, Route

IMAGE, REVISION, EPOCH = "keptn.sh/image", "keptn.sh/revision", "keptn.sh/epoch"
"""Annotations. IMAGE: `name:tag` as it was pushed, beside the pinned image."""
CANDIDATE = "keptn.sh/candidate"
PIN = {"header": "keptn.sh/pin-header", "value": "keptn.sh/pin-value", "cookie": "keptn.sh/pin-cookie"}
"""Annotations of the route, by the part of a Pin; for a cookie Gateway API has no word that goes with weights."""
PROBE_HEADER, PROBE_PATH = "x-keptn-probe", "/keptn-probe"
"""With both, and `probe_value`, a gateway says itself which revision of a route it has; no workload hears of it."""
PROBE_DOMAIN = ".keptn.invalid"
"""Of the hosts that it is redirected to: reserved, so nobody goes there (RFC 2606)."""
SERVICE_PORT = 80
"""Where a Service of ours takes users' requests, whatever the container's port is."""
_CPU = {"type": "Resource", "resource": {"name": "cpu"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Where users find services. gateway: `namespace/name` or `namespace/name/listener`. hostname: a template."""

    gateway: str = "keptn/keptn"
    hostname: str = "{service}.{project}-{stage}.localhost"


def render(state: DesiredState, *, scope: Scope, exposure: Exposure) -> Mapping[str, bytes | None]:
    """Path in the stage's branch to content; None where a colour has no workload any more. Raises Refused."""
    versions = state.plan.versions
    files: dict[str, bytes | None] = {
        path(scope, colour): _stream(_colour(scope, colour, versions[colour], state)) if colour in versions else None
        for colour in COLOURS
    }
    return {**files, path(scope, "route"): _stream([_http_route(state, scope, exposure)])}


def path(scope: Scope, name: str) -> str:
    """Where the file of a colour, or `route`, is in the stage's branch."""
    return f"{scope.service}/manifests/{name}.yaml"


def parse(text: bytes, *, file: str) -> Sequence[Manifest]:
    """The objects of a committed file. Raises InvalidFile: somebody may have changed it."""
    found = [documents.load(part, file=file) for part in re.split(rb"(?m)^---\s*$", text) if part.strip()]
    for document in found:
        if not isinstance(document.data, dict) or not {"kind", "metadata"} <= set(document.data):
            raise document.error("holds something that is no Kubernetes object; restore it from Git")
    return [document.data for document in found]


def is_of(text: bytes | None, state: DesiredState) -> bool:
    """Whether a committed file belongs to this very state."""
    return text is not None and re.search(rf"{REVISION}: '{state.revision}'$".encode(), text, re.MULTILINE) is not None


def route(text: bytes, *, scope: Scope, endpoints: Mapping[str, Endpoint]) -> Route:
    """What the committed `route.yaml` says. Raises InvalidFile."""
    file = path(scope, "route")
    found = parse(text, file=file)
    try:
        manifest = found[0]
        rule, annotations = manifest["spec"]["rules"][0], manifest["metadata"]["annotations"]
        mirrors = [one["requestMirror"]["backendRef"] for one in rule.get("filters", ()) if "requestMirror" in one]
        return Route(
            scope=scope,
            revision=int(annotations[REVISION]),
            endpoints=endpoints,
            weights={_colour_of(ref, scope): int(ref["weight"]) for ref in rule["backendRefs"] if ref["weight"]},
            mirror=_colour_of(mirrors[0], scope) if mirrors else "",
            pin=Pin(**{part: annotations.get(name, "") for part, name in PIN.items()}),
            candidate=annotations.get(CANDIDATE, ""),
            manifest=manifest,
        )
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise documents.load(text, file=file).error(f"is no route that keptn wrote ({exc}); restore it") from exc


def namespace(scope: Scope) -> str:
    """Where a stage's workloads are."""
    return f"{scope.project}-{scope.stage}"


def labels(scope: Scope, colour: str = "") -> dict[str, str]:
    """What tells the objects of a colour, or of all of a service in a stage, from others."""
    of_colour = {"keptn.sh/colour": colour} if colour else {}
    return {**_of_service(scope), "keptn.sh/stage": scope.stage, **of_colour}


def probe_value(scope: Scope) -> str:
    """Of the header: several routes may share a host name."""
    return f"{namespace(scope)}.{scope.service}"


def probe_answer(revision: int) -> str:
    """The host that the probe is redirected to."""
    return f"revision-{revision}{PROBE_DOMAIN}"


def probe(scope: Scope, answer: str) -> dict[str, Any]:
    """The rule by which a gateway says what it has: a redirect to the host `answer`.

    Every gateway can do it (it is Core in the Gateway API; setting a header of an answer is Extended, and Contour
    leaves it out of redirects), and it needs no backend.
    """
    redirect = {"hostname": answer, "statusCode": 302}
    return {
        "matches": [probed(probe_value(scope))],
        "filters": [{"type": "RequestRedirect", "requestRedirect": redirect}],
    }


def probed(value: str) -> dict[str, Any]:
    """What a probe matches: an exact path goes before all others."""
    header = {"type": "Exact", "name": PROBE_HEADER, "value": value}
    return {"path": {"type": "Exact", "value": PROBE_PATH}, "headers": [header]}


def preview(workload: Workload, *, scope: Scope) -> Sequence[Manifest]:
    """The objects of a first version, whatever its image: what onboarding looks at. Raises PatchFailed."""
    version = Version(image=f"{scope.service}:preview", digest="", workload=workload)
    plan = Plan(versions={COLOURS[0]: version}, live=COLOURS[0], weights={COLOURS[0]: 100})
    state = DesiredState(plan=plan)
    return [*_colour(scope, COLOURS[0], version, state), _http_route(state, scope, Exposure())]


def try_patches(workload: Workload, document: Document, *, service: str) -> None:
    """Apply the patches to a first version. Raises InvalidFile with the line of what does not apply."""
    if not workload.patches:
        return
    try:
        rendered = preview(workload, scope=Scope(project="project", stage="stage", service=service))
    except patches.PatchFailed as failed:
        number, position = failed.place
        raise document.error(str(failed), "patches", number, "patch", position) from failed
    there = {manifest["kind"] for manifest in rendered}
    for number, patch in enumerate(workload.patches):
        if patch.target not in there:
            raise document.error(f"there is no {patch.target} to patch: add autoscaling", "patches", number, "target")


def _stream(manifests: Sequence[Manifest]) -> bytes:
    return b"---\n".join(documents.dump(manifest) for manifest in manifests)


def _colour(scope: Scope, colour: str, version: Version, state: DesiredState) -> Sequence[Manifest]:
    workload = version.workload
    rendered = [_deployment(scope, colour, version, state), _service(scope, colour, version, state)]
    if workload.autoscaling:
        rendered.append(_autoscaler(scope, colour, version, state, workload.autoscaling))
    patched = [patches.apply(manifest, workload.patches) for manifest in rendered]
    return scaling.scaled(patched, state.scaled)


def _deployment(scope: Scope, colour: str, version: Version, state: DesiredState) -> Manifest:
    selector, workload = labels(scope, colour), version.workload
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(scope, colour, version, state),
        "spec": {
            **({} if workload.autoscaling else {"replicas": workload.replicas}),
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": {**workload.labels, **selector}}, "spec": pods.pod(scope, version)},
        },
    }


def _service(scope: Scope, colour: str, version: Version, state: DesiredState) -> Manifest:
    first, *others = version.workload.all_ports
    ports = [{"name": first.name, "port": SERVICE_PORT, "targetPort": first.name}]
    ports += [{"name": port.name, "port": port.number, "targetPort": port.name} for port in others]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(scope, colour, version, state),
        "spec": {"selector": labels(scope, colour), "ports": ports},
    }


def _autoscaler(scope: Scope, colour: str, version: Version, state: DesiredState, wanted: Autoscaling) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": wanted.cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(scope, colour, version, state),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{scope.service}-{colour}"},
            "minReplicas": wanted.least,
            "maxReplicas": wanted.most,
            "metrics": [{**_CPU, "resource": {**_CPU["resource"], "target": target}}],  # type: ignore[dict-item]
        },
    }


def _http_route(state: DesiredState, scope: Scope, exposure: Exposure) -> Manifest:
    """Host names and patches are those of the live version, else of the candidate: one route serves both.

    Nobody live is a weight of 0: users get a 5xx, where a rule without backends gives them 404, and an unhealthy route.
    """
    plan = state.plan
    version = plan.live_version or plan.candidate_version
    workload = version.workload if version else Workload()
    weights = plan.weights or {plan.candidate or COLOURS[0]: 0}
    rule: dict[str, Any] = {
        "backendRefs": [{**_backend(scope, colour), "weight": percent} for colour, percent in weights.items()]
    }
    if plan.mirror:
        mirror = {"backendRef": _backend(scope, plan.mirror)}
        rule["filters"] = [{"type": "RequestMirror", "requestMirror": mirror}]
    found: Manifest = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": scope.service,
            "namespace": namespace(scope),
            "labels": {**workload.labels, **_of_service(scope)},
            "annotations": {**_order(state), **_exceptions(plan)},
        },
        "spec": {
            "parentRefs": [parent(exposure.gateway)],
            "hostnames": [host_name(one, scope) for one in workload.hostnames or (exposure.hostname,)],
            "rules": [rule, *_pinned(scope, plan), probe(scope, probe_answer(state.revision))],
        },
    }
    return patches.apply(found, workload.patches)


def _pinned(scope: Scope, plan: Plan) -> list[dict[str, Any]]:
    """The rule of requests that always reach the candidate. Patches find that of the weights first, as ever:
    a rule that matches a header goes before one that matches none (Gateway API, HTTPRouteRule.matches).
    """
    if not (plan.candidate and plan.pin.header):
        return []
    header = {"type": "Exact", "name": plan.pin.header, "value": plan.pin.value}
    return [{"matches": [{"headers": [header]}], "backendRefs": [_backend(scope, plan.candidate)]}]


def _exceptions(plan: Plan) -> dict[str, str]:
    """Whom the weights do not scatter, for a router that does not read the rules: patches may add others."""
    pin = {name: getattr(plan.pin, part) for part, name in PIN.items()}
    return {name: value for name, value in {CANDIDATE: plan.candidate, **pin}.items() if value}


def host_name(template: str, scope: Scope) -> str:
    return names.host_name(template, project=scope.project, stage=scope.stage, service=scope.service)


def parent(text: str) -> dict[str, str]:
    """The reference to a Gateway that the settings name."""
    namespace_, name, *section = names.check_gateway(text).split("/")
    return {"name": name, "namespace": namespace_, **({"sectionName": section[0]} if section else {})}


def _backend(scope: Scope, colour: str) -> dict[str, object]:
    return {"name": f"{scope.service}-{colour}", "port": SERVICE_PORT}


def _colour_of(ref: Mapping[str, Any], scope: Scope) -> str:
    colour = str(ref["name"]).removeprefix(f"{scope.service}-")
    if colour not in COLOURS:
        raise ValueError(f"{ref['name']!r} is no backend of {scope.service}")
    return colour


def _metadata(scope: Scope, colour: str, version: Version, state: DesiredState) -> dict[str, Any]:
    return {
        "name": f"{scope.service}-{colour}",
        "namespace": namespace(scope),
        "labels": {**version.workload.labels, **labels(scope, colour)},
        "annotations": {IMAGE: version.image, **_order(state)},
    }


def _order(state: DesiredState) -> dict[str, str]:
    return {REVISION: str(state.revision), EPOCH: str(state.epoch)}


def _of_service(scope: Scope) -> dict[str, str]:
    return {"app.kubernetes.io/name": scope.service, "app.kubernetes.io/part-of": scope.project}
