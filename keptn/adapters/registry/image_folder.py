"""Images of the embedded registry: a folder `images/<repository>/<tag>/` with a `Procfile`.

The registry's host is no part of the folder: `127.0.0.1:5000/sockshop/carts:0.1` is `images/sockshop/carts/0.1`.
Used by the folder registry and the process platform.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from keptn import names
from keptn.adapters.machine import procfile
from keptn.errors import Refused

LEFT_OUT = {"__pycache__", ".git"}
"""What running or developing an image leaves in its folder; no part of its content."""

KEPT_COPIES = 50
"""Copies of images that no workload runs, kept to go back to."""


def folder(state_dir: Path, image: str) -> Path:
    """Where the image's content is, there or not. Raises Refused for a name that is none."""
    name, _, tag = image.rpartition(":")
    if not name or "/" in tag:  # the colon, if any, is of the host's port
        name, tag = image, "latest"
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        name = rest
    parts = (*PurePosixPath(name).parts, tag)
    if not name or not tag or any(part in ("", ".", "..", "/") for part in parts):
        raise Refused(f"{image!r} is no image name; write repository:tag")
    return state_dir.joinpath("images", *parts)


def content_digest(content: Path) -> str:
    """`sha256:…` over names, executable bits and bytes of all files: the same content has the same digest anywhere."""
    total = hashlib.sha256()
    for path in sorted(_files(content), key=lambda path: path.relative_to(content).as_posix()):
        name = path.relative_to(content).as_posix()
        body = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        kind = "link" if path.is_symlink() else "program" if path.stat().st_mode & 0o100 else "file"
        total.update(f"{kind} {len(name.encode())} {name} {len(body)}\n".encode())
        total.update(body)
    return f"sha256:{total.hexdigest()}"


def _files(content: Path) -> Iterator[Path]:
    for path in content.iterdir():
        if path.name in LEFT_OUT:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path


def unpack(state_dir: Path, image: str, digest: str) -> Path:
    """A copy of the image's content that no later push under the same tag can change. Raises Refused.

    Kept by digest, so that going back to a version works after its tag was pushed again.
    """
    kept = _kept(state_dir) / names.check_digest(digest).replace(":", "-")
    if kept.is_dir():
        kept.touch()
        return kept
    pushed = folder(state_dir, image)
    if not pushed.is_dir():
        raise Refused(f"there is no image {image}: no folder {pushed}; push it")
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=kept.parent))
    try:
        _copy(pushed, fresh, image=image, digest=digest)
        fresh.replace(kept)
    except OSError as exc:  # a twin was faster, or the content cannot be read
        if not kept.is_dir():
            raise Refused(f"image {image} cannot be unpacked: {exc}") from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return kept


def forget_oldest(state_dir: Path, *, in_use: Iterable[str]) -> None:
    """Delete the copies that were not unpacked for longest, but for those in use (digests)."""
    needed = {digest.replace(":", "-") for digest in in_use}
    copies = [copy for copy in _kept(state_dir).glob("sha256-*") if copy.name not in needed]
    for copy in sorted(copies, key=lambda copy: copy.stat().st_mtime)[:-KEPT_COPIES]:
        shutil.rmtree(copy, ignore_errors=True)


def web_command(content: Path, image: str) -> str:
    """What the `Procfile` says after `web:`, for a shell. Raises Refused."""
    if command := procfile.web(content):
        return command
    raise Refused(f"image {image} has no Procfile with a line 'web: COMMAND'; add one and push it again")


def _kept(state_dir: Path) -> Path:
    return state_dir / "platform" / "content"


def _copy(pushed: Path, fresh: Path, *, image: str, digest: str) -> None:
    shutil.copytree(pushed, fresh, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    if (found := content_digest(fresh)) != digest:
        raise Refused(
            f"image {image} is not what was announced: its content is {found[:19]}…, not {digest[:19]}…; "
            "it was pushed again since: send the artifact again"
        )
