"""The last lines of several pods as one log: the newest last, each with its pod's name where there are several."""

from __future__ import annotations

from collections.abc import Sequence

from keptn.adapters.kubernetes.objects import Objects
from keptn.ports import Manifest

MOST_PODS = 10
"""The newest are asked, one request each."""


def of_pods(objects: Objects, pods: Sequence[Manifest], *, container: str, lines: int) -> Sequence[str]:
    newest = sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))[-MOST_PODS:]
    found: list[tuple[str, str]] = []
    for pod in newest:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        said = of_pod(objects, namespace, name, container=container, lines=lines, times=True)
        for time, _, text in (line.partition(" ") for line in said.splitlines()):
            found.append((time, f"{name}: {text}" if len(newest) > 1 else text))
    return [text for _, text in sorted(found, key=lambda one: one[0])[-lines:]]


def of_pod(objects: Objects, namespace: str, pod: str, *, container: str, lines: int, times: bool = False) -> str:
    """Of a container that has just been restarted and said nothing yet: what it said before."""
    for previous in (False, True):
        if said := objects.logs(namespace, pod, container=container, lines=lines, previous=previous, times=times):
            return said
    return ""
