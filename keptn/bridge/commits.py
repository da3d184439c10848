"""Where a commit is shown to people, if the project's repository is on a host that is known for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from keptn.context import Context
from keptn.errors import KeptnError

_PATHS = {"github": "commit", "gitlab": "-/commit", "bitbucket": "commits", "gitea": "commit", "codeberg": "commit"}
"""What a host has in its name, and where it keeps its pages of commits."""


def base(project: str, ctx: Context) -> str:
    """What the id of a commit is appended to; empty where no page is known, or nobody can say."""
    try:
        own = ctx.config_repo.remote(project)
    except KeptnError:  # a page shows what it can
        own = ""
    return page_of(own or ctx.settings.git_url.replace("{project}", project))


def page_of(repository: str) -> str:
    """`https://github.com/acme/shop.git` → `https://github.com/acme/shop/commit/`; without anybody's login."""
    try:
        parts = urlsplit(repository)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        return ""
    path = next((path for name, path in _PATHS.items() if name in host), "")
    if parts.scheme not in ("http", "https") or not path:
        return ""
    return f"{parts.scheme}://{host}{parts.path.removesuffix('/').removesuffix('.git')}/{path}/"
