"""Where the local runtime finds code and manifests, and where it puts what it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keptn.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """root: folder with `functions/` and `knative/`. manifests, functions: more folders, for extensions."""

    root: Path
    state_dir: Path
    manifests: Sequence[Path] = ()
    functions: Sequence[Path] = ()

    @property
    def logs(self) -> Path:
        return self.state_dir / "logs" / "functions"

    def all_manifests(self) -> list[Path]:
        return [self.root / "knative" / "base", *self.manifests]

    def source(self, path: str, *, near: Path) -> Path:
        """The file of a FUNCTION_SOURCE. near: the folder of its manifest. Raises Refused."""
        short = path.removeprefix("functions/")
        places = [self.root / path, *(folder / name for folder in self.functions for name in (path, short))]
        places += [folder / path for folder in (near, *near.parents)]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise Refused(f"there is no {path} in {self.root}; give the folder it is in with --functions")
        return found.resolve()
