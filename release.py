"""What a release is, into `dist/`: wheel, sdist, manifests of each overlay, images, checksums. `make release` calls it.

It builds the last commit, and the same commit gives the same bytes (SOURCE_DATE_EPOCH is its time, unless it is set);
all but the images, whose base and packages are fetched.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import keptn
from keptn.errors import KeptnError
from keptn.installation.kubectl import Kubectl
from keptn.installation.manifests import as_yaml, overlays

ROOT = Path(__file__).resolve().parent
DIST = ROOT / "dist"
BUILDERS = ("docker", "podman", "buildah")
SUMS = "SHA256SUMS"
BUILD = "import setuptools.build_meta as b, sys; to = sys.argv[1]; b.build_wheel(to); b.build_sdist(to)"


def main() -> None:
    """Raises KeptnError with what is missing."""
    if told := output("git", "status", "--porcelain", "--untracked-files=no"):
        raise KeptnError(f"not committed: {told.splitlines()[0].strip()}; a release is of a commit, so commit it first")
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        with tarfile.open(fileobj=io.BytesIO(archive())) as committed:
            committed.extractall(source, filter="data")
        packages(source, epoch)
        for name, overlay in overlays(source / "knative").items():
            text = as_yaml(Kubectl().built(overlay))
            (DIST / f"keptn-{keptn.__version__}-{name}.yaml").write_text(text)
        images(source)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(DIST.iterdir())]
    (DIST / SUMS).write_text("".join(lines))
    print("".join(lines), end="")


def archive() -> bytes:
    done = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    return done.stdout


def packages(source: Path, epoch: int) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(DIST)],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KeptnError(f"the wheel cannot be built: {done.stderr.strip().splitlines()[-1]}")
    for made in DIST.glob("*.tar.gz"):
        without_times(made, epoch)


def without_times(made: Path, epoch: int) -> None:
    """Setuptools writes the time and the user of the build into an sdist."""
    with tarfile.open(made) as old:
        members = [(member, old.extractfile(member)) for member in sorted(old.getmembers(), key=lambda one: one.name)]
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
            for member, content in members:
                member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
                member.pax_headers = {}
                new.addfile(member, content)
    made.write_bytes(gzip.compress(packed.getvalue(), mtime=epoch))


def images(source: Path) -> None:
    """Of functions and tests, as an archive each that `docker load` reads; or a sentence why not."""
    builder = next((name for name in BUILDERS if works(name)), None)
    if builder is None:
        print(
            f"No image archives: none of {', '.join(BUILDERS)} works here; `docker build .` makes the images elsewhere."
        )
        return
    for name, target in (("keptn", "functions"), ("keptn-test", "test")):
        tag = f"{name}:{keptn.__version__}"
        file = DIST / f"{name}-{keptn.__version__}-image.tar"
        built = [builder, "build", "--target", target, "-t", tag, str(source)]
        saved = [builder, "save", "-o", str(file), tag]
        if builder == "buildah":
            saved = [builder, "push", tag, f"docker-archive:{file}:{tag}"]
        for command in (built, saved):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise KeptnError(f"{' '.join(command[:2])} failed: {done.stderr.strip().splitlines()[-1]}")


def works(builder: str) -> bool:
    """It is there, and so is its daemon."""
    if not shutil.which(builder):
        return False
    return subprocess.run([builder, "info"], capture_output=True, check=False, timeout=60).returncode == 0


def output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    try:
        main()
    except KeptnError as error:
        sys.exit(f"Error: {error}")
