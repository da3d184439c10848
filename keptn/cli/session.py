"""What the commands of one call share: where the installation is, and a client of it. Made by `main.py`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keptn.cli import contexts
from keptn.cli.contexts import Config
from keptn.errors import KeptnError

if TYPE_CHECKING:
    from keptn.cli.client import Client


@dataclass(slots=True, kw_only=True)
class Session:
    """home: folder of `config.json`. endpoint, token: given for this call only. transport: for tests."""

    home: Path = contexts.DEFAULT_HOME
    endpoint: str = ""
    token: str = ""
    transport: Any = None
    _client: Client | None = field(default=None, init=False)

    @property
    def client(self) -> Client:
        """A client of the installation. Raises KeptnError if none is known."""
        if self._client is None:
            from keptn.cli.client import Client  # noqa: PLC0415 - httpx is not for `keptn --help`

            known = self.config
            self._client = Client(known.endpoint, known.token, host=known.host, transport=self.transport)
        return self._client

    @property
    def config(self) -> Config:
        """Where to: as given for this call, or the current context. A token goes only to the endpoint it belongs to."""
        if self.endpoint and self.token:
            return Config(endpoint=self.endpoint.rstrip("/"), token=self.token)
        known = contexts.read(self.home)
        if self.endpoint:
            if found := known.at(self.endpoint):
                return found
            raise KeptnError(
                f"no token is known for {self.endpoint}; give --api-token, or see keptn config get-contexts"
            )
        if found := known.by_name.get(known.current):
            return replace(found, token=self.token or found.token)
        if known.by_name:
            names = ", ".join(sorted(known.by_name))
            raise KeptnError(f"no keptn is chosen; choose one with `keptn config use-context NAME`: {names}")
        raise KeptnError(
            "no keptn is known here; start one with `keptn local`, or name one with "
            "`keptn auth --endpoint=URL --api-token=TOKEN`"
        )


pass_session = click.make_pass_decorator(Session)
