"""What is written of a project's repository, and where the login of one that is the project's own lies.

    projects/<project>                 in the object store: its URL, and where it is moving to; no secret
    git, <project>.<digest of the URL>  secret and key: `user:token`

A login belongs to a project and a URL: whatever else goes wrong, it is sent nowhere else. A project's name holds no
dot, so the keys of one project are no other's, nor the installation's (`user`, `token`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

SECRET = "git"  # noqa: S105 - its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """url: of the project's own; empty: where the installation keeps them. moving: the URL where it goes, or empty."""

    url: str = ""
    moving: str = ""

    @classmethod
    def decoded(cls, data: bytes) -> Repository:
        found = json.loads(data)
        return cls(url=found.get("url", ""), moving=found.get("moving", ""))

    @property
    def encoded(self) -> bytes:
        return json.dumps({key: value for key, value in asdict(self).items() if value}).encode()


def login_key(project: str, url: str) -> str:
    """The key of the secret `git` that holds the login of the project's repository at the URL."""
    return f"{logins_of(project)}{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def logins_of(project: str) -> str:
    """What the keys of all logins of a project begin with."""
    return f"{project}."
