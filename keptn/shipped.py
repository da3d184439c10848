"""What belongs to keptn and is no module of it: its manifests, the functions' folders, the schemas.

They lie beside the package in a checkout and in the image of the functions, and within it where a wheel was installed
(`setup.py` puts them there). Nobody else looks for them.
"""

from __future__ import annotations

from pathlib import Path

from keptn.errors import KeptnError

_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """The folder with `functions/`, `knative/` and `shipyard-schemas/`."""
    within = _PACKAGE / "share"
    return within if within.is_dir() else _PACKAGE.parent


def folder(name: str) -> Path:
    """One of them. Raises KeptnError if it is not there."""
    found = root() / name
    if not found.is_dir():
        raise KeptnError(f"the folder {name} is missing in {found.parent}; install keptn again")
    return found
