"""The values file of a service, as given to `keptn onboard service`. Pure: text in, values out.

service: carts                                  # or `name:`, or `metadata: {name: …}`
image: {repository: 127.0.0.1:5000/sockshop/carts, tag: 0.1}   # or just the repository; the tag is optional
health: /health                                 # path that answers 200 when the service is ready
replicas: 1
env: {CURRENCY: EUR}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keptn import documents, names
from keptn.documents import Document
from keptn.errors import Refused

_KEYS = ("service", "name", "metadata", "image", "health", "replicas", "env", "labels")
_MOST_REPLICAS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesFile:
    """What a service runs. repository: of its image, with the registry's host if one was given; tag: empty if none."""

    service: str
    repository: str
    tag: str = ""
    health: str = ""
    replicas: int = 1
    env: Mapping[str, str] = field(default_factory=dict)


def parse(text: str | bytes, *, file: str = "values.yaml") -> ValuesFile:
    """Read a values file. Raises InvalidFile with the line and what to do."""
    document = documents.load(text, file=file)
    if not isinstance(document.data, Mapping):
        raise document.error("a values file must be a mapping, beginning with `service: carts`")
    data: Mapping[str, Any] = document.data
    for key in data:
        if key not in _KEYS:
            raise document.error(f"there is no key {key!r} in a values file; keys: {', '.join(_KEYS)}", key)
    repository, tag = _image(document, data)
    return ValuesFile(
        service=_service(document, data),
        repository=repository,
        tag=tag,
        health=_health(document, data),
        replicas=_replicas(document, data),
        env=_env(document, data),
    )


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
    repository: object
    tag: object
    if isinstance(image, str):
        repository, tag = _split(image)
    elif isinstance(image, Mapping):
        repository, tag = image.get("repository"), image.get("tag", "")
    else:
        raise document.error("the file names no image; add `image: {repository: REPOSITORY}`", "image")
    if not isinstance(repository, str) or not repository.strip() or any(c.isspace() for c in repository):
        raise document.error(f"image.repository {repository!r} is no repository, as in sockshop/carts", "image")
    if _split(repository)[1] or "@" in repository:
        raise document.error(f"image.repository {repository!r} must be without tag or digest", "image", "repository")
    if isinstance(tag, bool) or not isinstance(tag, str | int | float):
        raise document.error(f"image.tag {tag!r} is no tag; write it in quotes", "image", "tag")
    return repository, str(tag)


def _split(image: str) -> tuple[str, str]:
    """Repository and tag; the colon of a registry's port is none of a tag."""
    name, _, tag = image.rpartition(":")
    return (name, tag) if name and "/" not in tag else (image, "")


def _health(document: Document, data: Mapping[str, Any]) -> str:
    health = data.get("health") or ""
    if not isinstance(health, str) or (health and not health.startswith("/")):
        raise document.error(f"health {health!r} must be a path such as /health", "health")
    return health


def _replicas(document: Document, data: Mapping[str, Any]) -> int:
    replicas = data.get("replicas", 1)
    if isinstance(replicas, bool) or not isinstance(replicas, int) or not 1 <= replicas <= _MOST_REPLICAS:
        raise document.error(f"replicas {replicas!r} must be a whole number from 1 to {_MOST_REPLICAS}", "replicas")
    return replicas


def _env(document: Document, data: Mapping[str, Any]) -> Mapping[str, str]:
    env = data.get("env") or {}
    if not isinstance(env, Mapping):
        raise document.error("env must map names to values, as in `env: {CURRENCY: EUR}`", "env")
    return {_env_name(document, name): _env_value(document, name, value) for name, value in env.items()}


def _env_name(document: Document, name: object) -> str:
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        raise document.error(f"{name!r} cannot name an environment variable", "env", str(name))
    return name


def _env_value(document: Document, name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()  # as it was written
    if isinstance(value, str | int | float):
        return str(value)
    raise document.error(f"env {name} must be a text or a number, not {value!r}; write it in quotes", "env", name)
