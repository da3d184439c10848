"""A project's repository of its own: the project moves there, and logins go when nothing is read with them any more.

Called by `create_project`. What puts a login there is `api`, which has tried it: it is in no event.
"""

from __future__ import annotations

from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event
from keptn.records.repository import SECRET, login_key, logins_of

URL = "gitRemoteURL"
"""Of an event's data: where the project shall be; no login."""
MIRRORED = "gitMirrored"
"""Whether it is there already, with its whole history."""


def move(task: Event, ctx: Context) -> str:
    """Take the project to the repository that the event names; return the sentence about it. Repeating is fine."""
    project, url = task.scope.project, of(task)
    before = ctx.config_repo.remote(project)
    if before == url:
        return f"project {project} stays at {url}, with the login that was given"
    try:
        ctx.config_repo.move(project, url, mirrored=task.data.get(MIRRORED) is True)
    except Refused:
        forget_login(project, url, ctx)
        raise
    if before:
        forget_login(project, before, ctx)
    left = f"; {before} stays as it is, and keptn writes there no more" if before else ""
    return f"project {project} is at {url} now, with its whole history{left}"


def of(task: Event) -> str:
    """Where the project shall be; empty: where the installation keeps them."""
    return str(task.data.get(URL) or "")


def forget_login(project: str, url: str, ctx: Context) -> None:
    ctx.secret_admin.merge(SECRET, {}, instead_of=login_key(project, url))


def forget_logins(project: str, ctx: Context) -> None:
    """Those of a project that is gone."""
    ctx.secret_admin.merge(SECRET, {}, instead_of=logins_of(project))
