"""Where mapping files are: those that keptn brings, and the folder of the operator's own. Read once a process.

An operator's own of the same name takes the place of a shipped one. `check` is asked when a process starts, so that a
broken file stops it with a sentence instead of every notification.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

from keptn import names
from keptn.errors import Refused
from keptn.web import HttpError
from keptn.webhooks.mappings import file
from keptn.webhooks.mappings.file import SenderMapping

_SHIPPED = Path(__file__).parent


def named(kind: str, name: str, *, folder: str) -> SenderMapping | None:
    """The mapping of that name; None if there is none. kind: registry or monitor. folder: of the operator's own; empty:
    there is none. Raises Refused.
    """
    if not names.is_name(name):
        return None
    return _own(folder).get((kind, name)) or _shipped(kind, name)


def required(kind: str, name: str, *, folder: str, beside: Collection[str]) -> SenderMapping:
    """As `named`, or HttpError 404 that lists them. beside: the senders that need no mapping."""
    if mapping := named(kind, name, folder=folder):
        return mapping
    names_of = ", ".join(sorted({*beside, *known(kind, folder=folder)}))
    raise HttpError(f"nobody knows a {kind} {name[:80]!r}; the URL ends with one of {names_of}", status=404)


def known(kind: str, *, folder: str) -> Sequence[str]:
    """The names of all, sorted. Raises Refused."""
    shipped = {path.stem for path in (_SHIPPED / kind).glob("*.yaml")}
    return sorted(shipped | {name for of, name in _own(folder) if of == kind})


def check(folder: str) -> None:
    """Raises Refused for a folder that is not there or holds a file that is no mapping."""
    _own(folder)


@cache
def _shipped(kind: str, name: str) -> SenderMapping | None:
    path = _SHIPPED / kind / f"{name}.yaml"
    return file.parse(path.read_bytes(), file=path.name) if path.is_file() else None


@cache
def _own(folder: str) -> Mapping[tuple[str, str], SenderMapping]:
    if not folder:
        return {}
    try:
        paths = sorted(path for path in Path(folder).iterdir() if path.suffix in (".yaml", ".yml"))
        texts = {path: path.read_bytes() for path in paths}
    except OSError as exc:
        raise Refused(f"KEPTN_WEBHOOK_MAPPINGS={folder}: cannot be read ({exc.strerror}); name a folder") from exc
    found: dict[tuple[str, str], SenderMapping] = {}
    for path, text in texts.items():
        mapping = file.parse(text, file=str(path))
        if not names.is_name(path.stem):
            raise Refused(f"{path}: the name becomes a part of the URL; use lower-case letters, digits and hyphens")
        if (mapping.kind, path.stem) in found:
            raise Refused(f"{path}: there is a mapping {path.stem} already; call this one otherwise")
        found[mapping.kind, path.stem] = mapping
    return found
