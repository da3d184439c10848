"""Finding a service's gate file in the config repo: the most specific place that has one. Called by the step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keptn.errors import InvalidFile
from keptn.events import Scope
from keptn.ports import ConfigRepo, Tree
from keptn.projects import resources
from keptn.quality.sources import SOURCES
from keptn.quality.verdict import Gate

PERFSPEC, SLO = "perfspec.json", "slo.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFile:
    """A gate and the file it was read from: path in the repo, commit, and what it said.

    note: why it is not the commit that was named.
    """

    gate: Gate
    path: str
    commit: str
    content: str
    note: str = ""


def find(repo: ConfigRepo, scope: Scope, *, commit: str = "") -> GateFile | None:
    """The gate of the service in the stage, else the stage's, else the project's; None if there is none.

    commit: of the stage's branch, empty for its head. Raises InvalidFile for a file that is wrong, and where a perfspec
    and an SLO lie side by side.
    """
    stage, note = resources.stage_tree(repo, scope, commit=commit)
    for tree, prefix in _places(repo, scope, stage):
        spec, slo = tree.read(prefix + PERFSPEC), tree.read(prefix + SLO)
        if spec is not None and slo is not None:
            reason = f"a {SLO} lies beside it; keep one of the two, for only one can be the gate"
            raise InvalidFile(reason, file=prefix + PERFSPEC)
        if spec is not None:
            gate = _perfspec_gate(spec, prefix + PERFSPEC)
            return GateFile(gate=gate, path=prefix + PERFSPEC, commit=tree.commit, content=spec.decode(), note=note)
        if slo is not None:
            gate = _slo_gate(slo, prefix + SLO, list(_places(repo, scope, stage)))
            return GateFile(gate=gate, path=prefix + SLO, commit=tree.commit, content=slo.decode(), note=note)
    return None


def _perfspec_gate(text: bytes, path: str) -> Gate:
    from keptn.quality import perfspec, perfspec_gate  # noqa: PLC0415 - an evaluation needs one format, not both

    return perfspec_gate.PerfSpecGate(spec=perfspec.parse(text, file=path))


def _slo_gate(text: bytes, path: str, places: Sequence[tuple[Tree, str]]) -> Gate:
    """With the SLIs of project, stage and service, merged; the most specific wins."""
    from keptn.quality import sli, slo, slo_gate  # noqa: PLC0415 - an evaluation needs one format, not both

    merged: dict[str, sli.Sli] = {}
    for tree, prefix in reversed(places):
        for folder in ("", *(f"{source}/" for source in sorted(SOURCES))):
            file = f"{prefix}{folder}sli.yaml"
            if (found := tree.read(file)) is not None:
                merged.update(sli.parse(found, file=file, source=folder.rstrip("/")))
    return slo_gate.SloGate(slo=slo.parse(text, file=path), slis=merged)


def _places(repo: ConfigRepo, scope: Scope, stage: Tree) -> Iterator[tuple[Tree, str]]:
    yield stage, f"{scope.service}/"
    yield stage, ""
    yield repo.tree(scope.project, "main"), ""
