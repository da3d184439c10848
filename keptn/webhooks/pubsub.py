"""Google Pub/Sub at the door: it says who it is with an OpenID Connect token that Google signs, for an hour at most.

`receive_artifact` calls it. Pub/Sub delivers again for days what is not answered 2xx, and shows nobody the answer. So
what no setting would ever let in is ignored, with the reason in the log; what one can mend comes again until it is
(401: the token, 400: a message without id), and so does what may work later (503).
Source: Google Cloud, Pub/Sub, "Authentication for push subscriptions".
"""

from __future__ import annotations

from keptn.context import Context
from keptn.errors import Refused, Undecodable
from keptn.web import HttpError, Request, presented_token
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.senders import registries
from keptn.webhooks.senders.registries import Ignored, Notification

_ISSUERS = ("https://accounts.google.com", "accounts.google.com")


def calls(request: Request) -> bool:
    """Whether the token is a JSON Web Token, three parts of base64 of which the first begins with `{"` and a letter.

    No hook's token of ours is: the first part of one is a project, in lower case.
    """
    token = presented_token(request)
    return token.startswith("eyJ") and token.count(".") == 2


def told(request: Request, ctx: Context, deadline: Deadline) -> Notification:
    """What Pub/Sub tells, of any service. Raises HttpError 401, Unavailable, and Refused as of `registries.read`."""
    try:
        _check(presented_token(request), ctx, deadline)
    except Refused as refused:
        raise HttpError(f"the token is wrong: {refused}", status=401) from refused
    try:
        return registries.read(request.json(), request.headers)
    except (HttpError, Undecodable) as unreadable:
        return [Ignored(what="a message", why=str(unreadable))]


def _check(token: str, ctx: Context, deadline: Deadline) -> None:
    settings = ctx.settings
    if not settings.pubsub_audience:
        raise Refused("Pub/Sub may push when KEPTN_PUBSUB_AUDIENCE and KEPTN_PUBSUB_SERVICE_ACCOUNTS are set")
    claims = deadline.bounded(lambda: ctx.id_tokens.claims(token), what="asking Google for its keys")
    if claims.get("iss") not in _ISSUERS:
        raise Refused(f"its issuer is {_shown(claims.get('iss'))}, not Google")
    if claims.get("aud") != settings.pubsub_audience:
        raise Refused(f"it is for {_shown(claims.get('aud'))}, and KEPTN_PUBSUB_AUDIENCE names another")
    email = claims.get("email")
    if email not in settings.pubsub_service_accounts.split():
        raise Refused(f"it is of {_shown(email)}, whom KEPTN_PUBSUB_SERVICE_ACCOUNTS does not name")
    if claims.get("email_verified") is not True:
        raise Refused(f"Google did not verify that it is of {_shown(email)}")


def _shown(claim: object) -> str:
    return repr(claim)[:200]
