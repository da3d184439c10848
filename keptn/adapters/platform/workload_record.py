"""What the process platform remembers of a service in a stage: one JSON file, and the names of its files.

Used by `process.py` only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from keptn.adapters.machine import locked_json
from keptn.adapters.machine.detached_process import DetachedProcess
from keptn.adapters.platform.runnable import Runnable
from keptn.errors import Unavailable
from keptn.events import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRecord:
    """One workload. env, secrets, namespace, health: as of Runnable; the values of secrets are not written down.

    pid, started: its process (pid 0: none was started yet). ready: whether it was ever ready. restarts: since it last
    ran well. since: Unix time of its last start.
    """

    image: str
    digest: str
    env: Mapping[str, str]
    health: str
    port: int
    secrets: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    pid: int = 0
    started: str = ""
    ready: bool = False
    restarts: int = 0
    since: float = 0.0

    @property
    def process(self) -> DetachedProcess:
        return DetachedProcess(pid=self.pid, started=self.started)

    def runs(self, wanted: Runnable) -> bool:
        """Whether this is that very version."""
        what = (wanted.image, wanted.digest, dict(wanted.env), dict(wanted.secrets), wanted.health)
        return what == (self.image, self.digest, dict(self.env), dict(self.secrets), self.health)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRecord:
    """All workloads of one service in one stage, by colour. revision: the highest that was seen."""

    scope: Scope
    revision: int = 0
    colours: Mapping[str, WorkloadRecord] = field(default_factory=dict)


def file(state_dir: Path, scope: Scope) -> Path:
    return root(state_dir).joinpath(*map(quoted, (scope.project, scope.stage, scope.service)), "state.json")


def log_file(state_dir: Path, scope: Scope, colour: str) -> Path:
    parts = map(quoted, (scope.project, scope.stage, scope.service))
    return state_dir.joinpath("logs", "workloads", *parts, f"{quoted(colour)}.log")


def root(state_dir: Path) -> Path:
    return state_dir / "platform" / "scopes"


def quoted(name: str) -> str:
    """A name as one part of a path, whatever it contains."""
    return quote(name, safe="").replace(".", "%2E")


def read(path: Path, scope: Scope) -> ScopeRecord:
    data = locked_json.read(path)
    return _parse(data) if data else ScopeRecord(scope=scope)


def write(path: Path, record: ScopeRecord) -> None:
    locked_json.write(path, asdict(record))


def all_files(state_dir: Path) -> Iterator[tuple[Path, ScopeRecord]]:
    """Every record there is, with its file. One that is damaged does not hide the others."""
    for path in root(state_dir).glob("*/*/*/state.json"):
        with suppress(Unavailable):
            if data := locked_json.read(path):
                yield path, _parse(data)


def _parse(data: Mapping[str, Any]) -> ScopeRecord:
    colours = {colour: WorkloadRecord(**record) for colour, record in data["colours"].items()}
    return ScopeRecord(scope=Scope(**data["scope"]), revision=data["revision"], colours=colours)
