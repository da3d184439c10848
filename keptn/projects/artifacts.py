"""From an image to the event that starts its delivery: whose it is, what its tag means, where it begins.

`receive_artifact` (a registry says so) and `api` (a person says so) call it. It posts nothing.
Which tags a service takes is written beside its name, so that a push reads no Git for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from keptn import events, names
from keptn.errors import Undecodable
from keptn.events import Event, Phase, Scope
from keptn.ports import ObjectStore
from keptn.projects.tag_rules import EVERY_TAG, TagRules
from keptn.records import objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An image that arrived. registry_event: the id the registry gave its notification, if one did.

    tags: all that it came with, if they are several.
    """

    repository: str
    tag: str
    digest: str
    registry_event: str = ""
    tags: Sequence[str] = ()

    @property
    def image(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A service that runs images of a repository."""

    project: str
    service: str


def parse_image(image: str) -> tuple[str, str]:
    """Repository and tag of `repository:tag`; the registry's port is part of the repository. Raises Undecodable."""
    repository, _, tag = image.rpartition(":")
    if not names.is_repository(repository) or not names.is_tag(tag):
        raise Undecodable(f"the image {image[:80]!r} must be repository:tag, as in carts:0.2")
    return repository, tag


def owners(store: ObjectStore, repository: str) -> Sequence[Owner]:
    """The services that were onboarded with this image repository, all of them."""
    prefix = objects.owners(repository)
    parts = (name.removeprefix(prefix).partition(".") for name in _names(store, prefix))
    return [Owner(project=project, service=service) for project, _, service in parts]


def tag_rules(store: ObjectStore, repository: str, owner: Owner) -> TagRules:
    """Which tags of the repository the service takes."""
    stored = store.get(objects.owner(repository, project=owner.project, service=owner.service))
    return TagRules(**json.loads(stored.data)) if stored else EVERY_TAG


def owned(store: ObjectStore, repository: str, owner: Owner, *, tags: TagRules) -> None:
    """The service runs images of the repository from now on."""
    name = objects.owner(repository, project=owner.project, service=owner.service)
    store.put(name, json.dumps(tags.stored()).encode())


def owners_of_short(store: ObjectStore, short: str) -> Sequence[Owner]:
    """The services with a repository that ends with these parts: `carts` for `sockshop/carts`. Looks at every one."""
    ends = f"{quote(f'/{short}', safe='')}/"
    found = (name.removeprefix(objects.IMAGES).rpartition("/") for name in _names(store, objects.IMAGES))
    parts = (owner.partition(".") for whole, slash, owner in found if f"{whole}{slash}".endswith(ends))
    return [Owner(project=project, service=service) for project, _, service in parts]


def services(store: ObjectStore, project: str) -> Iterator[str]:
    """Those of the project that have images. Looks at every service there is: only for deleting them."""
    owners = (name.rpartition("/")[2].partition(".") for name in _names(store, objects.IMAGES))
    return (service for owner, _, service in owners if owner == project)


def owner_objects(store: ObjectStore, project: str, service: str) -> Iterator[str]:
    """All of a service, whatever the repository. Looks at every service there is: only for deleting one."""
    return (name for name in _names(store, objects.IMAGES) if name.rpartition("/")[2] == f"{project}.{service}")


def _names(store: ObjectStore, prefix: str) -> Iterator[str]:
    token = ""
    while True:
        page = store.list(prefix, token=token)
        yield from page.names
        if not (token := page.next_token):
            return


def delivery_triggered(artifact: Artifact, scope: Scope, *, event_id: str, source: str, now: datetime) -> Event:
    """The event that starts the delivery of the artifact in a stage; its context follows from its id."""
    return Event(
        type=events.sequence_type(scope.stage, "delivery", Phase.TRIGGERED),
        id=event_id,
        source=source,
        time=now,
        root_time=now,
        context=events.derived_id(event_id, "context"),
        data={"project": scope.project, "stage": scope.stage, "service": scope.service, **described(artifact)},
    )


def described(artifact: Artifact) -> dict[str, object]:
    """The artifact as a delivery's data carry it."""
    parts: dict[str, object] = {
        "image": artifact.image,
        "tag": artifact.tag,
        "digest": artifact.digest,
        "repository": artifact.repository,
        "registry_event": artifact.registry_event,
    }
    parts |= {"tags": list(artifact.tags)} if artifact.tags else {}
    return {"configurationChange": {"values": {"image": artifact.image}}, "artifact": parts}
