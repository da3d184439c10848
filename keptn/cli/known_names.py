"""Names that the server knows, for a shell's Tab: quickly, or not at all. `main.py` gives them to every command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem

from keptn.cli.session import Session

TIMEOUT_S = 1.0
"""A person waits at a prompt."""
_MOST = 1000


class Name(click.types.StringParamType):
    """The name of a project, stage or service; those of the project are offered that stands before it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Nothing where the server cannot be asked: at a prompt nobody reads why."""
        del param
        found: Sequence[str] = ()
        with suppress(Exception):
            found = _ASKED[self.kind](_client(ctx), str(ctx.params.get("project") or ""))
        return [CompletionItem(name) for name in found if name.startswith(incomplete)]


def with_names(command: click.Command, *path: str) -> click.Command:
    """The command, it and all below it: `--project`, `--stage`, `--service`, and the NAME to get or delete."""
    for param in command.params:
        kind = path[-1] if param.name == "name" and path[0] in ("get", "delete") else param.name
        if kind in _ASKED and type(param.type) is type(click.STRING):
            param.type = Name(kind)
    for name, below in command.commands.items() if isinstance(command, click.Group) else ():
        with_names(below, *path, name)
    return command


def _client(ctx: click.Context) -> Any:  # noqa: ANN401 - httpx is imported where it is needed
    from keptn.cli.client import Client  # noqa: PLC0415

    given = ctx.find_root().params
    session = ctx.find_object(Session) or Session(home=given["home"])
    known = Session(
        home=given.get("home") or session.home,
        endpoint=given.get("endpoint") or "",
        token=given.get("api_token") or "",
    ).config
    return Client(
        known.endpoint, known.token, host=known.host, transport=session.transport, pauses_s=(), timeout_s=TIMEOUT_S
    )


def _projects(client: Any, _: str) -> Sequence[str]:  # noqa: ANN401
    return [one["projectName"] for one in client.listed("/project", "projects", limit=_MOST)]


def _stages(client: Any, project: str) -> Sequence[str]:  # noqa: ANN401
    found = client.listed("/project", "projects", limit=_MOST)
    return list(dict.fromkeys(stage for one in found if project in ("", one["projectName"]) for stage in one["stages"]))


def _services(client: Any, project: str) -> Sequence[str]:  # noqa: ANN401
    named = [project] if project else _projects(client, "")
    found = (client.get(f"/project/{one}/service")["services"] for one in named)
    return list(dict.fromkeys(item["serviceName"] for services in found for item in services))


_ASKED: dict[str, Callable[[Any, str], Sequence[str]]] = {"project": _projects, "stage": _stages, "service": _services}
