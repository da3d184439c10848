"""What the commands of one call share: where the installation is, and a client of it. Made by `main.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keptn.cli import config
from keptn.cli.config import Config
from keptn.errors import KeptnError

if TYPE_CHECKING:
    from keptn.cli.client import Client


@dataclass(slots=True, kw_only=True)
class Session:
    """home: folder of `config.json`. endpoint, token: given for this call only. transport: for tests."""

    home: Path = config.DEFAULT_HOME
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
        if self.endpoint and self.token:
            return Config(endpoint=self.endpoint.rstrip("/"), token=self.token)
        if found := config.read(self.home):
            host = "" if self.endpoint else found.host
            endpoint, token = (self.endpoint or found.endpoint).rstrip("/"), self.token or found.token
            return Config(endpoint=endpoint, token=token, host=host)
        raise KeptnError(
            "no keptn is known here; start one with `keptn local`, or name one with "
            "`keptn auth --endpoint=URL --api-token=TOKEN`"
        )


pass_session = click.make_pass_decorator(Session)
