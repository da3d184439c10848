"""A team's own JSON patches (RFC 6902) on a rendered object: for what the values file has no field for. Pure.

A patch says what Kubernetes shall have besides; what keptn steers by (names, selectors, the image, weights) it may not
change, for two that steer are one too many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.deployment.workload import Patch
from keptn.errors import Refused
from keptn.ports import Manifest

KEPT = {
    "Deployment": "its name, labels, annotations, selector, container, image and PORT",
    "Service": "its name, labels, annotations, selector and first port",
    "HorizontalPodAutoscaler": "its name, labels, annotations and scaleTargetRef",
    "HTTPRoute": "its name, labels, annotations and the first rule's backends and mirror",
}
_OURS = ("keptn.sh/", "app.kubernetes.io/")


class PatchFailed(Refused):
    """place: numbers of the patch and of its operation."""

    def __init__(self, reason: str, *, place: tuple[int, int]) -> None:
        self.place = place
        super().__init__(reason)


def apply(manifest: Manifest, patches: Sequence[Patch]) -> Manifest:
    """The object with the patches for its kind. Raises PatchFailed."""
    kept = _kept(manifest)
    for number, patch in enumerate(patches):
        if patch.target != manifest["kind"]:
            continue
        for position, operation in enumerate(patch.operations):
            place = (number, position)
            changed = _changed(manifest, operation, place)
            if _kept(changed) != kept:
                raise PatchFailed(f"a patch of a {patch.target} must leave {KEPT[patch.target]} alone", place=place)
            manifest = changed
    return manifest


def _changed(manifest: Manifest, operation: Mapping[str, Any], place: tuple[int, int]) -> Manifest:
    import jsonpatch  # noqa: PLC0415 - few services have patches, and every deployment comes by here

    try:
        found: Manifest = jsonpatch.JsonPatch([dict(operation)]).apply(manifest)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, LookupError, TypeError, ValueError) as exc:
        said = str(exc).partition("\n")[0] or type(exc).__name__
        what = f"{operation['op']} {operation['path']}"
        raise PatchFailed(f"{what} does not apply to the {manifest['kind']}: {said}", place=place) from exc
    return found


def _kept(manifest: Manifest) -> object:
    """What no patch may change; None where so much is gone that it cannot be found."""
    try:
        metadata = manifest["metadata"]
        ours = {
            "kind": (manifest["apiVersion"], manifest["kind"]),
            "name": (metadata["name"], metadata["namespace"]),
            "notes": [
                {key: value for key, value in metadata[where].items() if key.startswith(_OURS)}
                for where in ("labels", "annotations")
            ],
        }
        return {**ours, "spec": _SPECS[manifest["kind"]](manifest["spec"])}
    except (LookupError, TypeError, AttributeError):
        return None


def _deployment(spec: Mapping[str, Any]) -> object:
    container = spec["template"]["spec"]["containers"][0]
    labels = spec["template"]["metadata"]["labels"]
    return (
        spec["selector"],
        {key: labels[key] for key in spec["selector"]["matchLabels"]},
        (container["name"], container["image"], container["ports"][0], container["env"][0]),
    )


def _service(spec: Mapping[str, Any]) -> object:
    return (spec["selector"], spec["ports"][0])


def _route(spec: Mapping[str, Any]) -> object:
    rule = spec["rules"][0]
    mirrors = [one for one in rule.get("filters", ()) if one["type"] == "RequestMirror"]
    return (rule["backendRefs"], mirrors)


_SPECS: Mapping[str, Any] = {
    "Deployment": _deployment,
    "Service": _service,
    "HorizontalPodAutoscaler": lambda spec: spec["scaleTargetRef"],
    "HTTPRoute": _route,
}
