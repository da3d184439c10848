"""Who is signed in: the secret `api` holds tokens, and a token names its owner.

    token     the installation's own tokens: whoever has one is `api`
    <name>    tokens of the person or machine <name>, each `<name>.<random>`

Several tokens of one owner may be active at once, separated by white space. What an owner may do does not differ yet.
"""

from __future__ import annotations

from keptn import names
from keptn.errors import Unavailable
from keptn.ports import Secrets
from keptn.web import HttpError, Request, is_active, presented_token

SECRET = "api"  # noqa: S105 - its name
INSTALLATION = "api"
"""Who has a token of the key `token`."""
HINT = "run `keptn auth --endpoint URL --api-token TOKEN`"


def principal(request: Request, secrets: Secrets) -> str:
    """The owner of the request's token, after two reads at most. Raises HttpError 401, or Unavailable before setup."""
    token = presented_token(request)
    if not token:
        raise HttpError(f"a token is missing; {HINT}", status=401)
    own = secrets.get(SECRET, "token")
    if is_active(token, own):
        return INSTALLATION
    name, dot, _ = token.partition(".")
    is_owner = dot and names.is_name(name) and name not in {"token", INSTALLATION}
    if is_owner and is_active(token, secrets.get(SECRET, name)):
        return name
    if own is None:
        raise Unavailable("the api has no token yet; create the secret `api` with the key `token`")
    raise HttpError(f"the token is wrong; {HINT}", status=401)
