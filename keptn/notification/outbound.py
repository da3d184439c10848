"""Calls to the world outside (chat, ticketing, webhooks): where to, as whom, and recognisable when repeated.

The address and the credentials are in a secret; files and events hold its name only. Every call carries a correlation
id that is derived from the event behind it, and is noted in the store once it was accepted. So a repeat is not sent
again; only a process that dies between the answer and the note sends twice, and then with the same correlation id.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from keptn.context import Context
from keptn.errors import LostRace, Refused, Unavailable
from keptn.ports import HttpAnswer, Secrets
from keptn.records import objects

CORRELATION_HEADER = "X-Correlation-ID"
KEPT_ANSWER = 4096
"""How many characters of an answer are kept with the note: enough for a ticket's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. secret: name of the secret with key `url` (and `token`, or `user` and `password`).

    body: what JSON can say. correlation: the id of this call and its repeats. channel: tells several calls for one
    event apart in the ledger.
    path: added to the URL if that has no path of its own.
    """

    secret: str
    correlation: str
    channel: str
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""


def call_once(call: Call, ctx: Context) -> str:
    """Make the call unless it was accepted before; return the beginning of the answer. Raises Refused, Unavailable."""
    name = objects.sent(call.correlation, call.channel)
    if noted := ctx.store.get(name):
        return str(json.loads(noted.data)["answer"])
    answer = _call(call, ctx).text[:KEPT_ANSWER]
    with suppress(LostRace):  # a duplicate was as fast: both were sent, under one correlation id
        ctx.store.put(name, json.dumps({"answer": answer}).encode(), if_generation=0)
    return answer


def _call(call: Call, ctx: Context) -> HttpAnswer:
    url = secret_value(ctx.secrets, call.secret, "url").rstrip("/")
    headers = {
        "content-type": "application/json",
        CORRELATION_HEADER: call.correlation,
        **_credentials(ctx.secrets, call.secret),
        **call.headers,
    }
    body = json.dumps(call.body, ensure_ascii=False).encode()
    answer = ctx.http.request("POST", _joined(url, call.path), headers=headers, body=body)
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


def _joined(url: str, path: str) -> str:
    has_path = "/" in url.partition("://")[2]
    return url if has_path else url + path
