"""What a project, a stage, a service, an image and a digest may be called. Pure; used where one comes from outside.

Names become Git folders and branches, Kubernetes namespaces (`<project>-<stage>`) and parts of event types; images and
digests become folders.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from keptn.errors import Refused
from keptn.events import RESERVED_STAGES

MAX_NAMESPACE = 63  # RFC 1123, for `<project>-<stage>`
MAX_SERVICE = 43  # what Helm leaves for a release's name; also keptn's limit
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOST = r"[a-zA-Z0-9]+([.-][a-zA-Z0-9]+)*(:[0-9]{1,5})?"
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"({_HOST}/)?{_PART}(/{_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
_OBJECT = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_RESERVED_BRANCHES = frozenset({"main", "master", "head"})


def is_name(text: str) -> bool:
    """Whether it can be a name at all; what cannot is in no repository and on no disk."""
    return _NAME.fullmatch(text) is not None and len(text) <= MAX_NAMESPACE


def check_project(name: str) -> None:
    """Raises Refused. Source: keptn, project names."""
    _check("project", name, limit=MAX_NAMESPACE - 2)


def check_stage(name: str, *, project: str = "") -> None:
    """Raises Refused; with a project also if the two make too long a namespace."""
    if name in RESERVED_STAGES | _RESERVED_BRANCHES:
        raise Refused(f"a stage cannot be called {name!r}: that name is reserved; choose another one")
    _check("stage", name, limit=MAX_NAMESPACE - len(project) - 1)


def check_service(name: str) -> None:
    """Raises Refused. Source: keptn, service names."""
    _check("service", name, limit=MAX_SERVICE)


def is_label(text: str) -> bool:
    """Whether it can name a namespace. Source: RFC 1123, as Kubernetes reads it."""
    return re.fullmatch(_LABEL, text) is not None


def is_repository(text: str) -> bool:
    """Whether it can be an image's repository, without tag. Source: OCI Distribution Specification, "Pull"."""
    return _REPOSITORY.fullmatch(text) is not None and len(text) <= 255


def is_tag(text: str) -> bool:
    """Source: OCI Distribution Specification, "Pull"."""
    return _TAG.fullmatch(text) is not None


def check_digest(digest: object) -> str:
    """The digest. Raises Refused: it becomes a folder's name, and nothing else may."""
    if isinstance(digest, str) and _DIGEST.fullmatch(digest):
        return digest
    raise Refused(f"{str(digest)[:80]!r} is no digest; it must be sha256: and 64 hexadecimal digits in lower case")


def check_image(image: str) -> str:
    """`repository:tag`, or a repository. Raises Refused: it becomes a folder's name and a part of manifests."""
    repository, _, tag = image.rpartition(":")
    if not repository or "/" in tag:
        repository, tag = image, "latest"
    if is_repository(repository) and is_tag(tag):
        return image
    raise Refused(f"{image[:80]!r} is no image; write repository:tag, as in sockshop/carts:0.2")


def host_name(template: str, *, project: str, stage: str, service: str) -> str:
    """The host name that a template stands for, as in `{service}.{project}-{stage}.example.org`. Raises Refused."""
    found = template.replace("{project}", project).replace("{stage}", stage).replace("{service}", service)
    if _HOST_NAME.fullmatch(found) and len(found) <= 253:
        return found
    raise Refused(
        f"{template!r} gives {found!r}, which is no host name; write lower-case letters, digits, hyphens and dots, "
        "with {project}, {stage} and {service} in it, each part up to 63 characters"
    )


def check_gateway(text: str) -> str:
    """`namespace/name` of a Gateway, or `namespace/name/listener`. Raises Refused."""
    if 2 <= len(parts := text.split("/")) <= 3 and all(_OBJECT.fullmatch(part) for part in parts):
        return text
    raise Refused(f"{text!r} names no gateway; write namespace/name or namespace/name/listener")


def check_pin(asked: Collection[str], *, can: Collection[str]) -> None:
    """Parts of a pin against what this installation's router can do. Raises Refused."""
    if unknown := sorted(set(asked) - {"value"} - set(can)):
        known = " or ".join(sorted(can))
        raise Refused(f"this installation's router cannot pin requests by {unknown[0]}, only by {known}")


def shown_url(url: str) -> str:
    """A URL as people may see it: no login, and nothing that stands behind the path."""
    scheme, separator, rest = re.split(r"[?#]", url, maxsplit=1)[0].rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]


def _check(kind: str, name: object, *, limit: int) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refused(
            f"{name!r} is no {kind} name; use lower-case letters, digits and hyphens, a letter first, no hyphen last"
        )
    if len(name) > limit:
        raise Refused(f"the {kind} name {name!r} has {len(name)} characters; at most {limit} are possible")
