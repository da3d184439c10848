"""What can be run on one machine of a colour's manifests, and what cannot. Pure.

Used by the platforms without Kubernetes. What is not read here is a warning, whatever it is: nothing of a manifest is
left out in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keptn import names
from keptn.deployment.manifests import IMAGE
from keptn.deployment.pods import CONTAINER_SECURITY, POD_SECURITY
from keptn.errors import Refused
from keptn.ports import Manifest

_OF_A_POD = {"containers"}
_OF_A_CONTAINER = {"name", "image", "ports", "env", "readinessProbe"}
_OF_A_PROBE = {"httpGet", "tcpSocket"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """image: `name:tag`; digest: of the pinned image. env: literals, but for PORT. secrets: variable to `secret/key` of
    the namespace. health: path that answers when it is ready; empty: its port accepts.
    """

    image: str
    digest: str
    namespace: str
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    health: str = ""


def read(manifests: Sequence[Manifest]) -> Runnable:
    """Raises Refused: somebody changed the committed manifests so that nothing can be run."""
    try:
        deployment = _deployment(manifests)
        metadata, container = deployment["metadata"], _container(deployment)
        env = {one["name"]: one for one in container.get("env", ()) if one["name"] != "PORT"}
        references = {name: one["valueFrom"]["secretKeyRef"] for name, one in env.items() if _is_secret(one)}
        return Runnable(
            image=names.check_image(metadata["annotations"][IMAGE]),
            digest=names.check_digest(container["image"].partition("@")[2]),
            namespace=metadata["namespace"],
            env={name: str(one["value"]) for name, one in env.items() if "value" in one},
            secrets={name: f"{reference['name']}/{reference['key']}" for name, reference in references.items()},
            health=str(container.get("readinessProbe", {}).get("httpGet", {}).get("path", "")),
        )
    except (LookupError, TypeError, AttributeError, StopIteration) as exc:
        raise Refused(f"these manifests hold no Deployment that keptn wrote ({exc!r}); restore them from Git") from exc


def left_out(manifests: Sequence[Manifest]) -> Sequence[str]:
    """What would be of no effect here, in the words of the manifests, each once."""
    return list(dict.fromkeys(_left_out(manifests)))


def _left_out(manifests: Sequence[Manifest]) -> Iterator[str]:
    deployment = _deployment(manifests)
    pod, container = deployment["spec"]["template"]["spec"], _container(deployment)
    if (replicas := deployment["spec"].get("replicas", 1)) != 1:
        yield f"{replicas} replicas"
    yield from (str(manifest["kind"]) for manifest in manifests if manifest["kind"] not in ("Deployment", "Service"))
    yield from (key for key in deployment["spec"] if key not in ("replicas", "selector", "template"))
    yield from _others(pod, _OF_A_POD, POD_SECURITY)
    yield from ("more than one container" for _ in pod["containers"][1:2])
    yield from _others(container, _OF_A_CONTAINER, CONTAINER_SECURITY)
    yield from (f"port {port['name']}" for port in container.get("ports", ())[1:])
    yield from (f"env {one['name']}" for one in container.get("env", ()) if "value" not in one and not _is_secret(one))
    yield from _of_the_probe(container)


def _others(found: Mapping[str, Any], known: Collection[str], security: Mapping[str, Any]) -> Iterator[str]:
    """What is asked of every pod goes without saying; what somebody changed in it does not."""
    yield from (key for key in found if key not in known and (key != "securityContext" or found[key] != security))


def _of_the_probe(container: Mapping[str, Any]) -> Iterator[str]:
    """The first port is asked, over plain HTTP, as often as it is looked at."""
    first, probe = container["ports"][0], container.get("readinessProbe", {})
    for key, check in probe.items():
        if key not in _OF_A_PROBE:
            yield f"readinessProbe.{key}"
        elif check.get("port") not in (first.get("name"), first["containerPort"]):
            yield f"readinessProbe.{key}.port"
    yield from (f"readinessProbe.httpGet.{key}" for key in probe.get("httpGet", ()) if key not in ("path", "port"))


def _deployment(manifests: Sequence[Manifest]) -> Manifest:
    return next(manifest for manifest in manifests if manifest["kind"] == "Deployment")


def _container(deployment: Manifest) -> Mapping[str, Any]:
    """The first is keptn's; others may be beside it by a patch."""
    found: Mapping[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def _is_secret(variable: Mapping[str, Any]) -> bool:
    return "secretKeyRef" in variable.get("valueFrom", {})
