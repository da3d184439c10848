"""`push_image.py FOLDER IMAGE`: what `docker build` and `docker push` do for the story's Dockerfile, without Docker.

PUSH_BASE: an OCI layout of the Dockerfile's FROM. PUSH_TO: how the image's registry is reached from here. Needs skopeo.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
Json = dict[str, Any]


def main() -> None:
    folder, image = Path(sys.argv[1]), sys.argv[2]
    _, _, path = image.partition("/")
    with tempfile.TemporaryDirectory() as scratch:
        layout = Path(scratch) / "layout"
        shutil.copytree(os.environ["PUSH_BASE"], layout, copy_function=os.link)
        _build(layout, folder)
        target = f"docker://{os.environ['PUSH_TO']}/{path}"
        subprocess.run(
            ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", f"oci:{layout}:new", target], check=True
        )


def _build(layout: Path, folder: Path) -> None:
    """One more layer: the folder, below /app."""
    index = json.loads((layout / "index.json").read_text())
    manifest = _read(layout, index["manifests"][0])
    config = _read(layout, manifest["config"])
    tar = _tar(folder)
    manifest["layers"].append(_put(layout, gzip.compress(tar, mtime=0), _LAYER))
    config["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(tar).hexdigest()}")
    config["config"] |= _said((folder / "Dockerfile").read_text())
    manifest["config"] = _put(layout, json.dumps(config).encode(), manifest["config"]["mediaType"])
    entry = _put(layout, json.dumps(manifest).encode(), index["manifests"][0]["mediaType"])
    index["manifests"] = [{**entry, "annotations": {"org.opencontainers.image.ref.name": "new"}}]
    (layout / "index.json").unlink()  # it is linked with the base's
    (layout / "index.json").write_text(json.dumps(index))


def _said(dockerfile: str) -> Json:
    """CMD, USER and WORKDIR of a Dockerfile."""
    command = re.search(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    user = re.search(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    folder = re.search(r"^WORKDIR (\S+)$", dockerfile, re.MULTILINE)
    assert command and user and folder, "the Dockerfile says CMD, USER and WORKDIR"
    return {"Cmd": json.loads(command[1]), "User": user[1], "WorkingDir": folder[1], "Entrypoint": None}


def _tar(folder: Path) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = tarfile.TarInfo(f"app/{file.relative_to(folder)}")
            info.size, info.mode = file.stat().st_size, 0o644
            tar.addfile(info, io.BytesIO(file.read_bytes()))
    return written.getvalue()


def _read(layout: Path, descriptor: Json) -> Json:
    return dict(json.loads((layout / "blobs/sha256" / descriptor["digest"].partition(":")[2]).read_bytes()))


def _put(layout: Path, data: bytes, media_type: str) -> Json:
    digest = hashlib.sha256(data).hexdigest()
    (layout / "blobs/sha256" / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


if __name__ == "__main__":
    main()
