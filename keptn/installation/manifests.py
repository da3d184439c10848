"""The objects of an installation: what an overlay makes of the packaged manifests, with what was set for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keptn import shipped
from keptn.errors import KeptnError, Refused
from keptn.installation.kubectl import Kubectl, Object

LABEL = "keptn.sh/installed-by"
OURS = {LABEL: "keptn-install"}
"""Of everything that `keptn install` makes: what bears it, `keptn uninstall` takes away."""
SELECTOR = f"{LABEL}={OURS[LABEL]}"
IMAGES = ("image", "test-image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """objects: all of them. settings: those of the ConfigMap. namespace, secrets: where the api and its token are."""

    objects: Sequence[Object]
    settings: Mapping[str, str]
    namespace: str
    secrets: str

    @property
    def groups(self) -> set[str]:
        return {one["apiVersion"].rpartition("/")[0] for one in self.objects} - {""}


def overlays(knative: Path) -> dict[str, Path]:
    """Ours, by name."""
    return {folder.name: folder for folder in sorted((knative / "overlays").iterdir()) if folder.is_dir()}


def overlay(name: str) -> Path:
    """The folder of an overlay: one of ours, or a path. Raises KeptnError."""
    known = overlays(shipped.folder("knative"))
    found = known.get(name) or Path(name)
    if not (found / "kustomization.yaml").is_file():
        raise KeptnError(f"there is no overlay {name}; it is {', '.join(known)} or a folder with a kustomization.yaml")
    return found.resolve()


def rendered(kubectl: Kubectl, *, folder: Path, chosen: Mapping[str, str]) -> Installation:
    """What is to be applied. chosen: settings by their keys, `image`, `test-image`. Raises KeptnError, Refused."""
    from keptn import settings  # noqa: PLC0415 - not for `--help`

    objects = kubectl.built(folder)
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in objects}
    api, config = by_name.get(("Service", "api")), by_name.get(("ConfigMap", "keptn-settings"))
    if not api or not config or "serving.knative.dev" not in api["apiVersion"]:
        raise KeptnError(f"{folder} is no overlay of keptn: it makes no Service api and no ConfigMap keptn-settings")
    _set(config["data"], {key: value for key, value in chosen.items() if key not in IMAGES})
    _name_images(objects, api, chosen)
    _restart_with(config["data"], objects)
    for one in objects:
        one["metadata"]["labels"] = {**one["metadata"].get("labels", {}), **OURS}
    read = settings.read(config["data"])
    _refuse_examples(config["data"], api)
    return Installation(
        objects=objects,
        settings=config["data"],
        namespace=api["metadata"]["namespace"],
        secrets=read.secrets_namespace,
    )


def as_yaml(objects: Sequence[Object]) -> str:
    from keptn import documents  # noqa: PLC0415

    return "---\n".join(documents.dump(one).decode() for one in objects)


def parsed(pairs: Sequence[str]) -> dict[str, str]:
    """`--set key=value …`. Raises Refused."""
    found = dict[str, str]()
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (equals and key):
            raise Refused(
                f"--set {pair!r} is no key=value, such as KEPTN_BUCKET=my-bucket or image=registry/keptn:0.1.0"
            )
        found[key] = value
    return found


def _set(data: dict[str, str], chosen: Mapping[str, str]) -> None:
    from keptn import settings  # noqa: PLC0415

    known = {settings.key_of(name) for name in settings.Settings.__dataclass_fields__} | data.keys()
    if unknown := sorted(chosen.keys() - known):
        raise Refused(
            f"--set {unknown[0]}: there is no such setting; it is one of {', '.join((*IMAGES, *sorted(known)))}"
        )
    data.update(chosen)


def _restart_with(data: Mapping[str, str], objects: Sequence[Object]) -> None:
    """Settings are read when a pod starts, and a revision that failed on them stays so: others are another revision."""
    known = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
    for one in objects:
        if one["apiVersion"].startswith("serving.knative.dev/"):
            one["spec"]["template"]["metadata"]["annotations"]["keptn.sh/settings"] = known


def _name_images(objects: Sequence[Object], api: Object, chosen: Mapping[str, str]) -> None:
    """One image of all functions; that of the test's Job is called as it, with -test, unless it is named."""
    image = chosen.get("image", "")
    repository, _, tag = image.rpartition(":")
    test = chosen.get("test-image") or (f"{repository}-test:{tag}" if image else "")
    if image and (not repository or "/" in tag):
        raise Refused(f"--set image={image} names no tag; write it as registry.example.com/keptn:0.1.0")
    (ours,) = {one["image"] for one in _containers(api)}
    sinks = [one for one in objects if one["kind"] == "JobSink"]
    instead = {ours: image, **{one["image"]: test for sink in sinks for one in _containers(sink)}}
    for container in (found for one in objects for found in _containers(one)):
        container["image"] = instead.get(container["image"]) or container["image"]


def _containers(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part of an object
    """Of its pods, wherever they stand."""
    if isinstance(node, list):
        for one in node:
            yield from _containers(one)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("containers", "initContainers"):
                yield from (one for one in value if "image" in one)
            else:
                yield from _containers(value)


def _refuse_examples(data: Mapping[str, str], api: Object) -> None:
    """What is to be written by whoever installs. Raises Refused."""
    left = [key for key, value in data.items() if "example.com" in value or value.startswith("example-")]
    left += ["image"] if any("example.com" in one["image"] for one in _containers(api)) else []
    if left:
        options = " ".join(f"--set {key}=…" for key in left)
        raise Refused(
            f"this overlay says example where your own names belong; give {options}, or a copy of it as --overlay"
        )
