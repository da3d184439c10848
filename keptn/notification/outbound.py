"""Calls to the world outside (chat, ticketing, webhooks): where to, as whom, and recognisable when repeated.

The address and the credentials are in a secret; files and events hold its name only. Every call carries a correlation
id that is derived from the event behind it, and is noted in the store once it was accepted. So a repeat is not sent
again; only a process that dies between the answer and the note sends twice, and then with the same correlation id.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from keptn.context import Context
from keptn.errors import LostRace, Refused, Unavailable
from keptn.events import rfc3339, utc
from keptn.names import shown_url
from keptn.ports import HttpAnswer, Secrets
from keptn.records import objects

CORRELATION_HEADER = "X-Correlation-ID"
IN_FLIGHT_S = 30.0
"""How long a call of another run may still be on its way."""
KEPT_ANSWER = 4096
"""How many characters of an answer are kept with the note: enough for a ticket's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. secret: name of the secret with key `url` (and `token`, or `user` and `password`).

    body: what JSON can say; None: nothing. correlation: the id of this call and its repeats. channel: tells several
    calls for one event apart in the ledger. path: added to the URL if that has no path of its own; below: added
    whatever it has. method: of HTTP. kept: how many characters of the answer.
    """

    secret: str
    correlation: str
    channel: str
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    below: str = ""
    method: str = "POST"
    timeout_s: float = 10.0
    kept: int = KEPT_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An answer of 2xx. text: its beginning."""

    status: int
    text: str


def call_once(call: Call, ctx: Context, *, find: Callable[[], str] | None = None) -> str:
    """Make the call unless it was accepted before; return the beginning of the answer. Raises Refused, Unavailable.

    find: asks the other side for the answer to a call that another run may have made; empty if there was none.
    """
    return accepted(call, ctx, find=find).text


def accepted(call: Call, ctx: Context, *, find: Callable[[], str] | None = None) -> Accepted:
    """As `call_once`, with the status of the answer; what was found is one of 200."""
    name = objects.sent(call.correlation, call.channel)
    if noted := ctx.store.get(name):
        kept = json.loads(noted.data)
        return Accepted(status=int(kept.get("status") or 200), text=str(kept["answer"]))
    if found := find and _made_before(call, ctx, find):
        made = Accepted(status=200, text=found)
    else:
        answer = send(call, ctx)
        made = Accepted(status=answer.status, text=answer.text[: call.kept])
    with suppress(LostRace):  # a duplicate was as fast: both were sent, under one correlation id
        note = {"answer": made.text, "status": made.status}
        ctx.store.put(name, json.dumps(note).encode(), if_generation=0)
    return made


def shown(call: Call, ctx: Context) -> Mapping[str, Any]:
    """The unsent call as people may see it: of its URL the host, of credentials that they are there. Raises Refused."""
    url, credentials = secret_value(ctx.secrets, call.secret, "url"), _credentials(ctx.secrets, call.secret)
    ctx.outgoing.check(url)
    headers = {"content-type": "application/json", CORRELATION_HEADER: call.correlation, **call.headers}
    hidden = dict.fromkeys(credentials, f"(of the secret {call.secret})")
    host = shown_url(url).rpartition("://")[2].partition("/")[0]
    return {"method": call.method, "host": host, "headers": {**headers, **hidden}, "body": call.body}


def _made_before(call: Call, ctx: Context, find: Callable[[], str]) -> str:
    """The answer that a run got which died, or is still busy, before it noted it. Raises Unavailable for the latter."""
    name, now = objects.sent(call.correlation, f"{call.channel}-begun"), ctx.clock.now()
    try:
        ctx.store.put(name, rfc3339(now).encode(), if_generation=0)
        return ""
    except LostRace:
        begun = ctx.store.get(name)
    if (answer := find()) or begun is None or (now - utc(begun.data.decode())).total_seconds() >= IN_FLIGHT_S:
        return answer[:KEPT_ANSWER]
    raise Unavailable(f"another run has just called {call.channel}; what became of it is asked again")


def send(call: Call, ctx: Context) -> HttpAnswer:
    """Make the call, whatever was before. Raises Refused, Unavailable."""
    url = secret_value(ctx.secrets, call.secret, "url").rstrip("/")
    headers = {
        "content-type": "application/json",
        CORRELATION_HEADER: call.correlation,
        **_credentials(ctx.secrets, call.secret),
        **call.headers,
    }
    body = b"" if call.body is None else json.dumps(call.body, ensure_ascii=False).encode()
    url = _joined(url, call.path, call.below)
    answer = ctx.outgoing.request(call.method, url, headers=headers, body=body, timeout_s=call.timeout_s)
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable(f"{call.channel} answered {answer.status}; it may work later")
    if not 200 <= answer.status < 300:
        raise Refused(
            f"{call.channel} answered {answer.status}; check the url and the credentials in secret {call.secret!r}"
        )
    return answer


def secret_value(secrets: Secrets, name: str, key: str) -> str:
    """A secret's value, or Refused with the command that creates it."""
    value = secrets.get(name, key)
    if not value:
        raise Refused(
            f"secret {name!r} has no {key!r}; create it with `keptn create secret {name} --from-literal={key}=…`"
        )
    return value.strip()


def _credentials(secrets: Secrets, name: str) -> dict[str, str]:
    if token := secrets.get(name, "token"):
        return {"Authorization": f"Bearer {token.strip()}"}
    if user := secrets.get(name, "user"):
        pair = f"{user.strip()}:{(secrets.get(name, 'password') or '').strip()}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return {}


def _joined(url: str, path: str, below: str) -> str:
    """What is below goes before the query that a secret's URL may have; both queries count."""
    place, _, query = url.partition("?")
    has_path = "/" in place.partition("://")[2]
    whole = (place if has_path else place + path) + below
    return f"{whole}{'&' if '?' in whole else '?'}{query}" if query else whole
