"""Pushing an image: its folder where the embedded registry looks, and the notification that a registry posts."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = "sockshop/carts"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def put(carts: Path, code: str, *, images: Path, tag: str) -> None:
    """Put an image of carts, made of the code of one version, under a tag."""
    target = images / REPOSITORY / tag
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{tag}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for file in (carts / "Procfile", carts / "server.py", carts / code / "shop.py"):
        shutil.copy(file, aside)
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)


def notification(tag: str, *, now: datetime | None = None) -> dict[str, Any]:
    """The envelope of Distribution's notifications (docs/content/about/notifications.md, Envelope)."""
    digest = "sha256:" + hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    target = {
        "mediaType": MANIFEST,
        "size": 345,
        "digest": digest,
        "length": 345,
        "repository": REPOSITORY,
        "url": f"http://127.0.0.1:5000/v2/{REPOSITORY}/manifests/{digest}",
        "tag": tag,
    }
    event = {
        "id": str(uuid.uuid4()),
        "timestamp": (now or datetime.now(UTC)).isoformat(),
        "action": "push",
        "target": target,
        "request": {"id": str(uuid.uuid4()), "host": "127.0.0.1:5000", "method": "PUT", "useragent": "skopeo/1.9.3"},
        "actor": {},
        "source": {"addr": "registry:5000", "instanceID": str(uuid.uuid4())},
    }
    return {"events": [event]}
