"""The last lines of several pods as one log: the newest last, each with its pod's name where there are several."""

from __future__ import annotations

from collections.abc import Sequence

from keptn.adapters.kubernetes.objects import Objects
from keptn.ports import Manifest

MOST_PODS = 10
"""The newest are asked, one request each."""


def of_pods(objects: Objects, pods: Sequence[Manifest], *, container: str, lines: int) -> Sequence[str]:
    """A container that has just been restarted and said nothing yet: what it said before."""
    newest = sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))[-MOST_PODS:]
    found: list[tuple[str, str]] = []
    for pod in newest:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        said = ""
        for previous in (False, True):
            said = said or objects.logs(
                namespace, name, container=container, lines=lines, previous=previous, times=True
            )
        for line in said.splitlines():
            time, _, text = line.partition(" ")
            found.append((time, f"{name}: {text}" if len(newest) > 1 else text))
    return [text for _, text in sorted(found, key=lambda one: one[0])[-lines:]]
