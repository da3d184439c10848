"""What becomes of a Deployment, read off its objects: complete, or what is in its way and whether that is final. Pure.

Only pods of the newest template count: those of the one before may be what is being repaired. What may heal by itself
has its time, from when the pod has a node, or its restarts; what nobody can tell has progressDeadlineSeconds.
Sources: Kubernetes documentation, "Deployment status"; kubelet, pkg/kubelet/images/types.go and pkg/kubelet/container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keptn.adapters.kubernetes.refusals import advice
from keptn.ports import Manifest

MOST_RESTARTS = 4
"""One more crash, and it is given up: about 70 s after the first (the kubelet waits 0, 10, 20, 40 s)."""
QUIET_S = 10.0
"""A pod that takes longer than this to be ready is asked why."""
SETTLING_S = 20.0
"""A secret, a ConfigMap or a service account that was made just before may take this long to be seen."""
PULLING_S = 120.0
"""A registry that is away or says 429: the kubelet tries about five times in it."""
_PATIENCE_S = {
    "InvalidImageName": 0.0,
    "ErrImageNeverPull": 0.0,
    "CreateContainerConfigError": SETTLING_S,
    "CreateContainerError": SETTLING_S,
    "ErrImagePull": PULLING_S,
    "ImagePullBackOff": PULLING_S,
}
"""What a container waits for, and how long that may last."""
_NO_SUCH_IMAGE = ("not found", "unauthorized", "forbidden", "denied", "no match for platform")
"""Words of a pull that fails however often it is tried."""
_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """reason: one sentence without its end. final: it will not come up. crashed: the pod whose last words say why."""

    reason: str
    final: bool = False
    crashed: str = ""


def is_complete(deployment: Manifest, replica_sets: Callable[[], Sequence[Manifest]]) -> bool:
    """All replicas are of the newest template and available, and no other is left.

    replica_sets: asked where the controller has not seen the latest change: an annotation leaves the pods as they are.
    Then only they count: the controller makes the new one before it takes back what it said of the old.
    """
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    if [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")] != [wanted] * 3:
        return False
    if _is_seen(deployment):
        return True
    left = [one for one in replica_sets() if one["status"]["replicas"]]
    counts = [(one["status"]["replicas"], one["status"].get("availableReplicas", 0)) for one in left]
    return counts == [(wanted, wanted)] and _template(left[0]) == deployment["spec"]["template"]


def newest(deployment: Manifest, replica_sets: Sequence[Manifest]) -> Manifest | None:
    """The ReplicaSet of the Deployment's template; None while its controller has not made it."""
    number = _revision(deployment)
    if not number or not _is_seen(deployment):
        return None
    return next((one for one in replica_sets if _revision(one) == number), None)


def troubles(replica_set: Manifest | None, pods: Sequence[Manifest], *, now: datetime) -> Sequence[Trouble]:
    """What is in its way as the objects themselves have it. pods: of the ReplicaSet."""
    return [*_of_replica_set(replica_set, now), *(one for pod in pods for one in _of_pod(pod, now))]


def silent(pods: Sequence[Manifest], *, now: datetime) -> Manifest | None:
    """A pod that has not become ready for a while and does not say why: its events may."""
    for pod in pods:
        if _age_of(pod, now) >= QUIET_S and _condition(pod, "Ready").get("status") != "True" and not _is_going(pod):
            return pod
    return None


def told(pod: Manifest, events: Sequence[Manifest]) -> Sequence[Trouble]:
    """What the newest of the pod's events warns of: a volume that is not there, a probe that fails."""
    ordered = sorted(events, key=lambda one: str(one.get("lastTimestamp") or one["metadata"]["creationTimestamp"]))
    return [Trouble(reason=f"pod {pod['metadata']['name']}: {clip(one['message'])}") for one in ordered[-1:]]


def verdict(deployment: Manifest, found: Sequence[Trouble]) -> Trouble | None:
    """The worst of them; final also where Kubernetes has given up."""
    worst = next((one for one in found if one.final), found[0] if found else None)
    if (worst and worst.final) or not _is_seen(deployment):
        return worst
    late = _condition(deployment, "Progressing")
    if late.get("reason") == "ProgressDeadlineExceeded":
        return Trouble(reason=worst.reason if worst else clip(late.get("message", "")), final=True)
    return worst


def clip(text: str) -> str:
    """On one line, and short enough for a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _of_replica_set(replica_set: Manifest | None, now: datetime) -> Iterator[Trouble]:
    failure = _condition(replica_set or {}, "ReplicaFailure")
    if failure.get("status") == "True":
        message = failure.get("message", "")
        to_do = f"; {found}" if (found := advice(message)) else ""
        patience_s = PULLING_S if "failed calling webhook" in message else SETTLING_S
        yield Trouble(
            reason=f"its pods are not let in: {clip(message)}{to_do}",
            final=_age_s(failure["lastTransitionTime"], now) >= patience_s,
        )


def _of_pod(pod: Manifest, now: datetime) -> Iterator[Trouble]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    if _is_going(pod):
        return
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":  # never final: a cluster that grows needs minutes for it
        yield Trouble(reason=f"pod {name} has no node: {clip(scheduled.get('message', ''))}")
    age_s = _age_of(pod, now)
    for container in [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]:
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason") in _PATIENCE_S:
            yield _stuck(waiting, container, age_s)
        elif ended := _ended(container):
            yield Trouble(
                reason=f"pod {name} {_how(ended)}, and was restarted {container['restartCount']} times",
                final=container["restartCount"] >= MOST_RESTARTS,
                crashed=name,
            )


def _stuck(waiting: Mapping[str, str], container: Mapping[str, Any], age_s: float) -> Trouble:
    reason, message = waiting["reason"], waiting.get("message", "")
    if "Image" in reason:
        hopeless = any(word in message.lower() for word in _NO_SUCH_IMAGE)
        final = hopeless or age_s >= _PATIENCE_S[reason]
        _, _, told = message.rpartition(container["image"])  # containerd names it up to three times before it says why
        said = clip(told.lstrip('": ') or message)
        return Trouble(reason=f"image {container['image']} cannot be pulled: {reason}: {said}", final=final)
    return Trouble(
        reason=f"container {container['name']} cannot be made: {reason}: {clip(message)}",
        final=age_s >= _PATIENCE_S[reason],
    )


def _ended(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """How a container that is not up ended, now or the last time; empty if it did not, or did as it should."""
    if container.get("ready") or container.get("started"):
        return {}
    found = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated") or {}
    return found if container.get("restartCount") or found.get("exitCode") else {}


def _how(ended: Mapping[str, Any]) -> str:
    if ended.get("reason") == "OOMKilled":
        return "took more memory than resources.limits.memory and was killed"
    what = f" ({clip(ended['message'])})" if ended.get("message") else ""
    return f"exited with code {ended.get('exitCode')}{what}"


def _is_going(pod: Manifest) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _is_seen(deployment: Manifest) -> bool:
    """Whether the controller has taken notice of the latest change."""
    seen: int = deployment.get("status", {}).get("observedGeneration", 0)
    return seen >= int(deployment["metadata"]["generation"])


def _template(replica_set: Manifest) -> Mapping[str, Any]:
    """As its Deployment has it."""
    template = replica_set["spec"]["template"]
    labels = {key: value for key, value in template["metadata"]["labels"].items() if key != "pod-template-hash"}
    return {**template, "metadata": {**template["metadata"], "labels": labels}}


def _revision(manifest: Manifest) -> str:
    """Of the template, as the Deployment's controller counts: nothing of ours."""
    annotations = manifest["metadata"].get("annotations") or {}
    return str(annotations.get("deployment.kubernetes.io/revision", ""))


def _condition(manifest: Manifest, kind: str) -> Mapping[str, str]:
    conditions = manifest.get("status", {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == kind), {})


def _age_of(pod: Manifest, now: datetime) -> float:
    """Seconds since it has its node; a pull or a crash costs no time before."""
    return _age_s(
        _condition(pod, "PodScheduled").get("lastTransitionTime") or pod["metadata"]["creationTimestamp"], now
    )


def _age_s(since: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(since)).total_seconds()
