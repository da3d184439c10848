"""What the children of the local runtime find in their environment: the manifests' values, on embedded adapters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keptn import settings
from keptn.adapters.secrets.folder import FolderSecrets
from keptn.errors import Refused

_NOT_INHERITED = frozenset(
    {
        "PYTHONDONTWRITEBYTECODE",  # without bytecode a cold start takes three times as long
        *("GUNICORN_CMD_ARGS", "FUNCTION_SOURCE", "FUNCTION_TARGET", "PORT", "DEBUG"),  # would change the framework
        *("KEPTN_HOME", "KEPTN_ENDPOINT", "KEPTN_API_TOKEN"),  # of the person at the command line
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """url: of the local gateway. own: settings that the person who starts the runtime sets, by their keys."""

    root: Path
    state_dir: Path
    url: str
    own: Mapping[str, str] = field(default_factory=dict)

    def of(
        self, values: Mapping[str, str], *, sink: str, secrets: Mapping[str, str] | None = None, **more: str
    ) -> dict[str, str]:
        """The environment of one child. values, secrets: from its manifest, these as `secret/key`. sink: the Broker it
        is bound to, if any. A manifest that says where the api is (KEPTN_ENDPOINT) gets the one that is here.

        Raises Refused: a secret is not there.
        """
        inherited = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
        bound = {"K_SINK": f"{self.url}/{sink}"} if sink else {}
        here = {"KEPTN_ENDPOINT": f"{self.url}/functions/api"} if "KEPTN_ENDPOINT" in values else {}
        known = {name: self._secret(reference) for name, reference in (secrets or {}).items()}
        return {**inherited, **values, **known, **here, **self._embedded(), **bound, **more}

    def _secret(self, reference: str) -> str:
        name, _, key = reference.partition("/")
        value = FolderSecrets(self.state_dir / "secrets").get(name, key)
        if value is None:
            command = f"keptn create secret {name} --from-literal={key}=…"
            raise Refused(f"there is no secret {name!r} with the key {key!r}; make it: {command}")
        return value

    def _embedded(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(self.root), os.environ.get("PYTHONPATH"))))
        forced = {"KEPTN_STATE_DIR": str(self.state_dir), "KEPTN_PUBLIC_URL": self.url, "PYTHONPATH": path}
        return {**ADAPTERS, **LAPTOP, **self.own, **forced, "PYTHONUNBUFFERED": "1"}


ADAPTERS: Mapping[str, str] = {
    f"KEPTN_{port.upper()}": str(getattr(settings.Settings(), port))
    for port in ("store", "config_repo", "platform", "router", "registry", "secrets", "logs", "wake_up")
}
"""The embedded adapters are the defaults of the settings; a manifest's ConfigMap may name others, for a cluster."""


LAPTOP: Mapping[str, str] = {"KEPTN_OUTGOING_REFUSED": "none"}
"""What is otherwise than on a cluster: here chats and monitors of a person's own may listen, too."""


MAPPINGS = "webhook-mappings"
"""Folder below the state: mapping files for registries and monitors that keptn does not know (docs/webhooks.md)."""


def with_mappings(environ: Mapping[str, str], *, state_dir: Path) -> dict[str, str]:
    """The environment, with that folder if it is there and no other is named."""
    found = {"KEPTN_WEBHOOK_MAPPINGS": str(state_dir / MAPPINGS)} if (state_dir / MAPPINGS).is_dir() else {}
    return {**found, **environ}


def own_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings in an environment. Raises Refused for a value that is none."""
    settings.read(environ)
    names = {f"KEPTN_{name.upper()}" for name in settings.Settings.__dataclass_fields__}
    return {key: value for key, value in environ.items() if key in names}
