"""The values file of a service, as given to `keptn onboard service`. Pure: text in, values out.

service: carts                                  # or `name:`, or `metadata: {name: …}`
image: {repository: 127.0.0.1:5000/sockshop/carts, tag: 0.1}   # or just the repository; both are optional
                                                # and which tags are delivered: tag_rules.py
health: /health                                 # path that answers 200 when the service is ready
replicas: 1
env: {CURRENCY: EUR}

What else it may say of the containers is read by `deployment/workload_file.py`; docs/services.md explains every field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keptn import documents, names
from keptn.deployment import manifests, workload_file
from keptn.deployment.workload import Workload
from keptn.documents import Document
from keptn.errors import Refused
from keptn.projects import tag_rules
from keptn.projects.tag_rules import EVERY_TAG, TagRules

_KEYS = ("service", "name", "metadata", "image", *workload_file.KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesFile:
    """What a service runs. repository: of its image, with the registry's host if one was given; empty: the
    artifact brings the image. tag: empty if none. tags: which of those that are pushed are delivered.
    """

    service: str
    repository: str = ""
    tag: str = ""
    tags: TagRules = EVERY_TAG
    workload: Workload = field(default_factory=Workload)


def parse(text: str | bytes, *, file: str = "values.yaml") -> ValuesFile:
    """Read a values file, and try its patches. Raises InvalidFile with the line and what to do."""
    document = documents.read(text, file=file, kind="values")
    if not isinstance(document.data, Mapping):
        raise document.error("a values file must be a mapping, beginning with `service: carts`")
    data: Mapping[str, Any] = document.data
    for key in data:
        if key not in _KEYS:
            raise document.error(f"there is no key {key!r} in a values file; keys: {', '.join(_KEYS)}", key)
    repository, tag = _image(document, data)
    service, workload = _service(document, data), workload_file.read(document, data)
    manifests.try_patches(workload, document, service=service)
    image = data.get("image")
    tags = tag_rules.read(document, image) if isinstance(image, Mapping) else EVERY_TAG
    return ValuesFile(service=service, repository=repository, tag=tag, tags=tags, workload=workload)


def _service(document: Document, data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    nested = metadata.get("name") if isinstance(metadata, Mapping) else None
    given = {key: name for key, name in (("service", data.get("service")), ("name", data.get("name"))) if name}
    given |= {"metadata": nested} if nested else {}
    if not given:
        raise document.error("the file names no service; add a line such as `service: carts`")
    if len(set(map(str, given.values()))) > 1:
        found = ", ".join(f"{key}: {name}" for key, name in given.items())
        raise document.error(f"the file names different services ({found}); keep one", *list(given)[-1:])
    key, name = next(iter(given.items()))
    try:
        names.check_service(name)
    except Refused as refused:
        raise document.error(str(refused), key) from refused
    return str(name)


def _image(document: Document, data: Mapping[str, Any]) -> tuple[str, str]:
    image = data.get("image")
    if image is None:
        return "", ""
    repository: object
    tag: object
    if isinstance(image, str):
        repository, tag = _split(image)
    elif isinstance(image, Mapping):
        repository, tag = image.get("repository"), image.get("tag", "")
    else:
        raise document.error("image must be a repository, or `{repository: REPOSITORY}`", "image")
    if isinstance(repository, str) and (_split(repository)[1] or "@" in repository) and "://" not in repository:
        raise document.error(f"image.repository {repository!r} must be without tag or digest", "image", "repository")
    if not isinstance(repository, str) or not names.is_repository(repository):
        raise document.error(f"image.repository {repository!r} {_NO_REPOSITORY}", "image", "repository")
    if isinstance(tag, bool) or not isinstance(tag, str | int | float) or not (tag == "" or names.is_tag(str(tag))):
        raise document.error(f"image.tag {tag!r} is no tag; write it in quotes", "image", "tag")
    return repository, str(tag)


_NO_REPOSITORY = "is no repository, as in sockshop/carts or registry.example.org:5000/sockshop/carts"


def _split(image: str) -> tuple[str, str]:
    """Repository and tag; the colon of a registry's port is none of a tag."""
    name, _, tag = image.rpartition(":")
    return (name, tag) if name and "/" not in tag else (image, "")
