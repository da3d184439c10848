"""Who is signed in to the bridge, and who may sign in once by a link. What is stored of one opens nothing.

    sessions/<id>   the token it stands for, until when, and the SHA-256 of its secret

A session acts as the token that it was opened with, and ends with it: `find` reads both, side by side. Its text is
`<token id>.<session id>.<secret>`, the secret 256 random bits, so nothing needs a signature and nobody a key to sign
with. A ticket is the same in all, but opens one session and then nothing. `bridge` writes; `api` and `keptn local` make
tickets.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from keptn.errors import LostRace
from keptn.events import rfc3339, utc
from keptn.ports import ObjectStore, StoredObject
from keptn.records import objects, tokens
from keptn.records.side_by_side import side_by_side
from keptn.records.tokens import Token

LASTS = timedelta(hours=12)
"""A working day; also how long the ticket of `keptn local` waits for who may use it."""
_TEXT = re.compile(r"([a-z0-9-]{1,80})\.([0-9a-f]{16})\.([0-9a-f]{64})")
_SESSION, _TICKET = "session", "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """token: whom it acts as. text: what the browser keeps."""

    id: str
    token: Token
    text: str
    until: datetime

    @property
    def form_token(self) -> str:
        """What a form must bring along (CSRF): another site cannot read it, and it opens nothing by itself."""
        return hashlib.sha256(f"form {self.text}".encode()).hexdigest()


def begin(store: ObjectStore, token: Token, *, now: datetime) -> Session:
    """Sign in as the owner of the token, at most as long as the token lasts."""
    return _made(store, token, _SESSION, now=now)


def ticket(store: ObjectStore, token: Token, *, now: datetime, lasts: timedelta = LASTS) -> Session:
    """Its text in a link signs in once, within that time."""
    return _made(store, token, _TICKET, now=now, lasts=lasts)


def find(store: ObjectStore, text: str, *, now: datetime) -> Session | None:
    """The session of that text; None for one that is over, ended, or whose token is revoked or over."""
    return _found(store, text, _SESSION, now=now)[0]


def redeem(store: ObjectStore, text: str, *, now: datetime) -> Session | None:
    """The one session that a ticket opens; None the second time. It is used up first: of two at once, one has it."""
    found, stored = _found(store, text, _TICKET, now=now)
    if found is None or stored is None:
        return None
    used = {**json.loads(stored.data), "kind": "used"}
    try:
        store.put(stored.name, json.dumps(used).encode(), if_generation=stored.generation)
    except LostRace:
        return None
    return begin(store, found.token, now=now)


def end(store: ObjectStore, session: Session) -> None:
    """Sign out."""
    store.delete(objects.session(session.id))


def _made(store: ObjectStore, token: Token, kind: str, *, now: datetime, lasts: timedelta = LASTS) -> Session:
    session_id, secret = secrets.token_hex(8), secrets.token_hex(32)
    until = min(now + lasts, token.expires or datetime.max.replace(tzinfo=now.tzinfo))
    text = f"{token.id}.{session_id}.{secret}"
    kept = {"kind": kind, "token": token.id, "until": rfc3339(until), "sha256": _hash(text)}
    store.put(objects.session(session_id), json.dumps(kept).encode(), if_generation=0)
    return Session(id=session_id, token=token, text=text, until=until)


def _found(store: ObjectStore, text: str, kind: str, *, now: datetime) -> tuple[Session | None, StoredObject | None]:
    parts = _TEXT.fullmatch(text)
    if parts is None:
        return None, None
    token_id, session_id, _ = parts.groups()
    stored, of_token = side_by_side(store, store.get, (objects.session(session_id), objects.token(token_id)))
    if stored is None or of_token is None:
        return None, None
    token = tokens.stored_as(of_token)
    kept = json.loads(stored.data)
    until = utc(kept["until"])
    fits = hmac.compare_digest(_hash(text), str(kept["sha256"])) and kept["kind"] == kind
    if not fits or now >= until or token.is_over(now):
        return None, None
    return Session(id=session_id, token=token, text=text, until=until), stored


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
