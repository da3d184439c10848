"""Who may post to the webhooks: secrets `hooks` (every registry), `hook-<project>.<service>`, `hook-problems`.

Each holds its tokens under the key `token`. `receive_artifact` and `receive_problem` ask here; `onboard_service` makes
a service's secret; a person makes the others (`keptn create secret`).
"""

from __future__ import annotations

from collections.abc import Collection

from keptn.ports import Secrets
from keptn.web import HttpError, Request, is_active, presented_token

EVERY_SERVICE = "hooks"
PROBLEMS = "hook-problems"


def secret_name(project: str, service: str) -> str:
    """A dot, which neither name can hold: with a dash, `a-b` with `c` and `a` with `b-c` would share a token."""
    return f"hook-{project}.{service}"


def hook_url(public_url: str) -> str:
    """Where a registry posts."""
    return f"{public_url.rstrip('/')}/functions/receive-artifact"


def opened_by(request: Request, secrets: Secrets) -> Collection[str]:
    """Names of the registry hooks' secrets that the request's token opens. Raises HttpError 401 if there is none.

    The body cannot say whose token it is: a registry with the token of one service tells of all its repositories, and
    sends again for ever what it is refused.
    """
    token = presented_token(request)
    if is_active(token, secrets.get(EVERY_SERVICE, "token")):
        return {EVERY_SERVICE}
    hooks = [name for name in secrets.names() if name.startswith("hook-") and name != PROBLEMS]
    if opened := {name for name in hooks if is_active(token, secrets.get(name, "token"))}:
        return opened
    given = "the token is wrong" if token else "a token is missing"
    raise HttpError(f"{given}; send `Authorization: Bearer <token>` as `keptn get hook` prints it", status=401)


def covers(opened: Collection[str], project: str, service: str) -> bool:
    return EVERY_SERVICE in opened or secret_name(project, service) in opened
