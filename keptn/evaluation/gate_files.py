"""Finding a service's gate file in the config repo: the most specific place that has one. Called by the step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keptn.errors import InvalidFile
from keptn.events import Scope
from keptn.ports import ConfigRepo, Tree
from keptn.quality import perfspec, sli
from keptn.quality import slo as slos
from keptn.quality.perfspec_gate import PerfSpecGate
from keptn.quality.sli import Sli
from keptn.quality.slo_gate import SloGate
from keptn.quality.sources import SOURCES
from keptn.quality.verdict import Gate

PERFSPEC, SLO = "perfspec.json", "slo.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFile:
    """A gate and the file it was read from: path in the repo, commit, and what it said."""

    gate: Gate
    path: str
    commit: str
    content: str


def find(repo: ConfigRepo, scope: Scope) -> GateFile | None:
    """The gate of the service in the stage, else the stage's, else the project's; None if there is none.

    Raises InvalidFile for a file that is wrong, and where a perfspec and an SLO lie side by side.
    """
    for tree, prefix in _places(repo, scope):
        spec, slo = tree.read(prefix + PERFSPEC), tree.read(prefix + SLO)
        if spec is not None and slo is not None:
            reason = f"a {SLO} lies beside it; keep one of the two, for only one can be the gate"
            raise InvalidFile(reason, file=prefix + PERFSPEC)
        if spec is not None:
            path = prefix + PERFSPEC
            gate = PerfSpecGate(spec=perfspec.parse(spec, file=path))
            return GateFile(gate=gate, path=path, commit=tree.commit, content=spec.decode())
        if slo is not None:
            path = prefix + SLO
            slo_gate = SloGate(slo=slos.parse(slo, file=path), slis=_slis(repo, scope))
            return GateFile(gate=slo_gate, path=path, commit=tree.commit, content=slo.decode())
    return None


def _slis(repo: ConfigRepo, scope: Scope) -> Mapping[str, Sli]:
    """The SLIs of project, stage and service, merged; the most specific wins."""
    merged: dict[str, Sli] = {}
    for tree, prefix in reversed(list(_places(repo, scope))):
        for folder in ("", *(f"{source}/" for source in sorted(SOURCES))):
            path = f"{prefix}{folder}sli.yaml"
            if (text := tree.read(path)) is not None:
                merged.update(sli.parse(text, file=path, source=folder.rstrip("/")))
    return merged


def _places(repo: ConfigRepo, scope: Scope) -> Iterator[tuple[Tree, str]]:
    stage = repo.tree(scope.project, scope.stage)
    yield stage, f"{scope.service}/"
    yield stage, ""
    yield repo.tree(scope.project, "main"), ""
