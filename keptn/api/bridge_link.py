"""A link that signs a browser in to the bridge, once: for who has a token in the command line and not at hand."""

from __future__ import annotations

import logging
from datetime import timedelta

from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.events import rfc3339
from keptn.records import objects, sessions, tokens
from keptn.web import Answer, json_answer

LASTS = timedelta(minutes=5)
log = logging.getLogger("keptn")


def create(call: Call) -> Answer:
    """It may what the token may that asks, and ends with it; no more is stored of it than its hash."""
    stored = call.ctx.store.get(objects.token(call.by))
    if stored is None:  # revoked since it was looked at
        raise Unknown(f"the token {call.by} is revoked; sign in with another: keptn auth")
    token, now = tokens.stored_as(stored), call.ctx.clock.now()
    ticket = sessions.ticket(call.ctx.store, token, now=now, lasts=LASTS)
    log.info("a link that signs in to the bridge is made for the token %s", token.id)
    url = call.ctx.settings.function_url("bridge")
    told = {"url": url, "link": f"{url}/enter?ticket={ticket.text}", "until": rfc3339(ticket.until)}
    return json_answer({**told, "token": token.id, "role": token.role})
