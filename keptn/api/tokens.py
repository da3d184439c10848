"""Who is signed in: an issued token (`records/tokens.py`), or the installation's root token.

The root token is the key `token` of the secret `api`; it makes, lists and revokes tokens and can do nothing else.
Several may be active at once, separated by white space. A token's form says which it is, so a request costs one read.
"""

from __future__ import annotations

from dataclasses import dataclass

from keptn import durations
from keptn.context import Context
from keptn.errors import Unavailable
from keptn.records import tokens
from keptn.records.tokens import Role
from keptn.web import HttpError, Request, is_active, presented_token

SECRET = "api"  # noqa: S105 - its name
ROOT = "root"
HINT = "run `keptn auth --endpoint URL --api-token TOKEN`"
ROOT_TAKES = "that takes the root token, the key `token` of the secret `api` (keptn --api-token=ROOT …)"
MAKE_ONE = "make one: keptn create token NAME --role=configure --use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """name: as the audit log has it, a token's id or `root`. role: None of the root token. project: empty for all."""

    name: str
    role: Role | None = None
    project: str = ""

    def includes(self, role: Role) -> bool:
        return self.role is not None and self.role.includes(role)

    def check_root(self) -> None:
        """Raises HttpError 403."""
        if self.role is not None:
            raise HttpError(f"the token {self.name} makes and revokes no tokens: {ROOT_TAKES}", status=403)

    def check_all(self) -> None:
        """Raises HttpError 403 for a token of one project."""
        if self.project:
            told = f"the token {self.name} is for project {self.project}, and this is about all projects"
            raise HttpError(f"{told}; it takes a token that was made without --project", status=403)

    def check_role(self, needed: Role, *, what: str = "this") -> None:
        """Raises HttpError 403."""
        if self.role is None:
            raise HttpError(f"the root token only makes, lists and revokes tokens; {MAKE_ONE}", status=403)
        if not self.includes(needed):
            told = f"the token {self.name} has the role {self.role}, and {what} takes {needed}"
            raise HttpError(f"{told}; who has the root token can make one: keptn create token", status=403)

    def check_project(self, project: str) -> None:
        """Raises HttpError 403 unless the token is for the project, or for all."""
        if self.project not in ("", project):
            told = f"the token {self.name} is for project {self.project}, not {project[:80] or 'for what has none'}"
            raise HttpError(f"{told}; who has the root token can make another: keptn create token", status=403)


def principal(request: Request, ctx: Context) -> Principal:
    """Who sent the request, after one read. Raises HttpError 401, or Unavailable before setup."""
    text = presented_token(request)
    if not text:
        raise HttpError(f"a token is missing; {HINT}", status=401)
    if not tokens.is_issued(text):
        return _root(text, ctx)
    found = tokens.find(ctx.store, text)
    if found is None:
        raise HttpError(f"the token is wrong, or revoked; {HINT}", status=401)
    now = ctx.clock.now()
    if found.is_over(now):
        raise HttpError(f"the token {found.id} is over since {durations.moment(found.expires or now)}", status=401)
    tokens.note_use(ctx.store, found.id, now=now, memory=ctx.memory)
    return Principal(name=found.id, role=found.role, project=found.project)


def _root(text: str, ctx: Context) -> Principal:
    known = ctx.secrets.get(SECRET, "token")
    if is_active(text, known):
        return Principal(name=ROOT)
    if known is None:
        raise Unavailable("the api has no root token yet; create the secret `api` with the key `token`")
    raise HttpError(f"the token is wrong; {HINT}", status=401)
