"""A project's repository of its own on the command line, as keptn had it: --git-remote-url, --git-user, --git-token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def git_options(function: F) -> F:
    """The options of the commands that give a project a repository, or its repository a login."""
    url = click.option("--git-remote-url", default="", metavar="URL", help="An empty Git repository, over HTTPS.")
    user = click.option("--git-user", default="", help="Who reads and writes there; a token often goes without.")
    token = click.option("--git-token", default="", help="The token or password; it cannot be read back.")
    return url(user(token(function)))


def credentials(git: Mapping[str, str], *, of_known: bool = False) -> Mapping[str, object]:
    """What the api is told; nothing where nothing was given. of_known: there may be a repository already.

    Raises UsageError for a part that means nothing without another.
    """
    if git["git_user"] and not git["git_token"]:
        raise click.UsageError("--git-user is no login without --git-token.")
    if not any(git.values()):
        return {}
    if not (git["git_remote_url"] or of_known):
        raise click.UsageError("--git-token is for the repository of --git-remote-url, which is missing.")
    https = {"token": git["git_token"]} if git["git_token"] else {}
    return {"gitCredentials": {"remoteURL": git["git_remote_url"], "user": git["git_user"], "https": https}}
