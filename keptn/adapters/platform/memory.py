"""Workloads in memory: the twin of ProcessPlatform for tests. Ready at once, unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from keptn.adapters.platform import runnable
from keptn.errors import Late, NotYet, Refused
from keptn.events import Scope
from keptn.ports import Endpoint, Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryWorkload:
    """What was applied. image, digest: as the manifests say."""

    image: str
    digest: str
    revision: int
    manifests: Sequence[Manifest]


@dataclass(slots=True)
class MemoryPlatform:
    """slow: images that do not get ready; broken: images that exit; refused: images that cannot even be applied.

    cannot: what `warnings` says of everything; waiting: image to what it waits for; taken:
    projects and stages whose place is somebody else's. All may be changed at any time by a
    test. asked: every question for an endpoint, in order. prepared: projects and stages.
    """

    poll_s: ClassVar[float] = 0.05

    workloads: dict[tuple[Scope, str], MemoryWorkload] = field(default_factory=dict)
    revisions: dict[Scope, int] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    cannot: tuple[str, ...] = ()
    waiting: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[Scope, str]] = field(default_factory=list)
    taken: set[tuple[str, str]] = field(default_factory=set)
    prepared: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def open(cls) -> MemoryPlatform:
        return cls()

    def prepare(self, project: str, stage: str) -> None:
        if (project, stage) in self.taken:
            raise Refused(f"{project}-{stage} is somebody else's; choose another name")
        self.prepared.append((project, stage))

    def apply(self, scope: Scope, colour: str, *, manifests: Sequence[Manifest], revision: int) -> None:
        self._fence(scope, revision)
        wanted = runnable.read(manifests)
        if wanted.image in self.refused:
            raise Refused(f"there is no image {wanted.image}; push it")
        self.workloads[scope, colour] = MemoryWorkload(
            image=wanted.image, digest=wanted.digest, revision=revision, manifests=manifests
        )

    def warnings(self, manifests: Sequence[Manifest]) -> Sequence[str]:
        return self.cannot if manifests else ()

    def endpoint(self, scope: Scope, colour: str) -> Endpoint | None:
        self.asked.append((scope, colour))
        workload = self.workloads.get((scope, colour))
        if workload is None or workload.image in self.slow:
            return None
        if workload.image in self.waiting:
            raise NotYet(self.waiting[workload.image], after_s=self.poll_s)
        if workload.image in self.broken:
            raise Refused(f"{workload.image} exited before it was ready")
        return Endpoint(host=f"{colour}.{scope.service}.{scope.stage}", port=8080)

    def remove(self, scope: Scope, colour: str, *, revision: int) -> None:
        self._fence(scope, revision)
        self.workloads.pop((scope, colour), None)

    def remove_all(self, project: str, *, service: str = "") -> None:
        for scope in [s for s in self.revisions if s.project == project and service in ("", s.service)]:
            del self.revisions[scope]
            for key in [key for key in self.workloads if key[0] == scope]:
                del self.workloads[key]

    def logs(self, scope: Scope, colour: str, *, lines: int = 100) -> Sequence[str]:
        workload = self.workloads.get((scope, colour))
        return [f"{workload.image} started"][-lines:] if workload else []

    def _fence(self, scope: Scope, revision: int) -> None:
        seen = self.revisions.get(scope, 0)
        if revision < seen:
            raise Late(f"revision {revision} of {scope} is older than revision {seen}, which runs; nothing was done")
        self.revisions[scope] = revision
