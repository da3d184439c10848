"""Who may post to the webhooks, and for whom: secrets that hold tokens under the key `token`.

    hooks                        every service of every registry
    hook-<project>.<service>     one service; made by `onboard_service`; its tokens are `<project>.<service>.<random>`
    hook-problems                every project of every monitor
    hook-problems-<project>      one project; its tokens are `<project>.<random>`

A token's form says which secret it is of, so a request costs one read however many hooks there are, with a right token
or a wrong one, and one without a token none. A person makes all but the second (`keptn create secret`).
"""

from __future__ import annotations

from collections.abc import Callable

from keptn import names
from keptn.errors import Refused
from keptn.ports import Secrets
from keptn.settings import Settings
from keptn.web import HttpError, Request, is_active, presented_token

EVERY_SERVICE = "hooks"
EVERY_PROJECT = "hook-problems"


def secret_name(project: str, service: str) -> str:
    """A dot, which neither name can hold: with a dash, `a-b` with `c` and `a` with `b-c` would share a token."""
    return f"hook-{project}.{service}"


def problems_secret(project: str) -> str:
    """A dash, for with a dot it would be that of the service `<project>` in a project called `problems`."""
    return f"{EVERY_PROJECT}-{project}"


def new_token(project: str, service: str, *, random: str) -> str:
    return f"{project}.{service}.{random}"


def hook_url(settings: Settings) -> str:
    """Where a registry posts."""
    return settings.function_url("receive-artifact")


def opened_by(request: Request, secrets: Secrets) -> str:
    """Name of the registry hooks' secret that the request's token opens. Raises HttpError 401.

    The body cannot say whose token it is: a registry with the token of one service tells of all its repositories, and
    sends again for ever what it is refused.
    """
    hint = "send `Authorization: Bearer <token>` as `keptn get hook` prints it"
    return _opened(request, secrets, _of_registry, hint=hint)


def opened_by_monitor(request: Request, secrets: Secrets) -> str:
    """Name of the monitors' secret that the request's token opens. Raises HttpError 401."""
    hint = "send `Authorization: Bearer <token>` with a token of the secret hook-problems (keptn create secret)"
    return _opened(request, secrets, _of_monitor, hint=hint)


def _of_registry(token: str) -> str:
    """The secret that a token of this form is of."""
    parts = token.split(".")
    return secret_name(*parts[:2]) if len(parts) == 3 and all(map(names.is_name, parts[:2])) else EVERY_SERVICE


def _of_monitor(token: str) -> str:
    project, dot, _ = token.partition(".")
    return problems_secret(project) if dot and names.is_name(project) else EVERY_PROJECT


def signer(hook: str) -> str:
    """The registry hooks' secret that a sender signs with, by what its URL says: `<project>.<service>` or nothing.

    Empty for what can be none.
    """
    owner = hook.split(".")
    if not hook:
        return EVERY_SERVICE
    return secret_name(*owner) if len(owner) == 2 and all(map(names.is_name, owner)) else ""


def monitor_signer(hook: str) -> str:
    """The monitors' secret that a sender signs with, by what its URL says: `<project>` or nothing."""
    if not hook:
        return EVERY_PROJECT
    return problems_secret(hook) if names.is_name(hook) else ""


def covers(opened: str, project: str, service: str) -> bool:
    return opened in {EVERY_SERVICE, secret_name(project, service)}


def covers_problems(opened: str, project: str) -> bool:
    return opened in {EVERY_PROJECT, problems_secret(project)}


def project_of_monitor(opened: str) -> str:
    """The one project that the monitors' secret is for; empty if it is for all."""
    return _owner(opened)


def check_values(secret: str, token: str) -> None:
    """Raises Refused for a token that could never open what its secret is for: its form says that it is of another."""
    of = {EVERY_SERVICE: _of_registry, EVERY_PROJECT: _of_monitor}.get(secret)
    if of and (strange := [one for one in token.split() if of(one) != secret]):
        raise Refused(
            f"a token of the secret {secret} must not have the form of one that is of {of(strange[0])}: take one "
            "without dots, as `openssl rand -hex 32` makes it"
        )
    owner = _owner(secret)
    for one in token.split() if owner else ():
        if not one.removeprefix(f"{owner}.") or not one.startswith(f"{owner}."):
            raise Refused(f"a token of the secret {secret} must begin with {owner!r} and a dot, as in {owner}.<random>")


def _owner(secret: str) -> str:
    """Whom the secret's tokens are for, as each of them begins; empty if they are for all, or it is no hook's."""
    if secret.startswith(f"{EVERY_PROJECT}-"):
        return secret.removeprefix(f"{EVERY_PROJECT}-")
    return secret.removeprefix("hook-") if secret.startswith("hook-") and "." in secret else ""


def _opened(request: Request, secrets: Secrets, of: Callable[[str], str], *, hint: str) -> str:
    token = presented_token(request)
    if token and is_active(token, secrets.get(name := of(token), "token")):
        return name
    raise HttpError(f"{'the token is wrong' if token else 'a token is missing'}; {hint}", status=401)
