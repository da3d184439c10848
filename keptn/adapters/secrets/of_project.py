"""The secrets that a project's steps may read: its own and the installation's. `context.py` puts it before the others.

Files name secrets, and whoever configures a project writes its files: they must not send what is another project's.
"""

from __future__ import annotations

from keptn.errors import Refused
from keptn.ports import Secrets
from keptn.records import secret_names


class SecretsOfProject:
    """Reads through to all of them."""

    def __init__(self, secrets: Secrets, *, project: str) -> None:
        self._secrets, self._project = secrets, project

    def get(self, name: str, key: str) -> str | None:
        if (owner := secret_names.project_of(name)) not in ("", self._project):
            raise Refused(
                f"the secret {name} is project {owner}'s, not {self._project}'s; name one of its own, as in "
                f"{name.partition('.')[0]}.{self._project}"
            )
        return self._secrets.get(name, key)
