"""Issued tokens: who has one, for which project, what it may do and until when. What is stored of one opens nothing.

    tokens/<id>      what the token is for, and its SHA-256
    token-use/<id>   when it was last used, to the hour

A token is `keptn_<id>_<random>`, the random part 256 bits in hexadecimal: it says its own id, so that finding it costs
one read, right or wrong. Nobody guesses 256 bits, so a fast hash is enough: a slow one is for what people can remember
(NIST SP 800-63B, 5.1.2.2, look-up secrets). `api` writes, `keptn local` makes its own, who deletes a project deletes
the project's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from keptn import durations, names
from keptn.errors import KeptnError, LostRace, Refused, Unknown
from keptn.events import rfc3339, utc
from keptn.ports import ObjectStore, StoredObject
from keptn.records import objects
from keptn.records.side_by_side import side_by_side

MOST_NAME = 40
USE_EVERY = timedelta(hours=1)
"""How exactly the last use is known: it costs a write."""
_MOST_REMEMBERED = 1000
_ID = r"[a-z][a-z0-9-]*-[0-9a-f]{8}"
_TOKEN = re.compile(rf"keptn_({_ID})_[0-9a-f]{{64}}")
log = logging.getLogger("keptn")


class Role(StrEnum):
    """What a token may do; each may what those before it may (docs/security.md)."""

    VIEW = "view"
    DELIVER = "deliver"
    OPERATE = "operate"
    CONFIGURE = "configure"

    def includes(self, other: Role) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """id: as it stands in the audit log, `<name>-<8 digits>`. project: empty for all. expires: None for never."""

    id: str
    name: str
    role: Role
    project: str = ""
    made_by: str
    made_at: datetime
    expires: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.expires is not None and now >= self.expires

    def described(self) -> dict[str, str]:
        """For people and programs: nothing of it is secret."""
        return {
            "id": self.id,
            "name": self.name,
            "role": str(self.role),
            "project": self.project,
            "madeBy": self.made_by,
            "madeAt": rfc3339(self.made_at),
            "expires": rfc3339(self.expires) if self.expires else "",
        }


def issue(
    store: ObjectStore, *, name: str, role: Role, project: str, made_by: str, now: datetime, lasts: timedelta | None
) -> tuple[Token, str]:
    """A new token, and the text of it, which nobody can read again. Raises Refused for a name that is none."""
    if not names.is_name(name) or len(name) > MOST_NAME:
        raise Refused(
            f"{name[:80]!r} is no name for a token: lower-case letters, digits and hyphens, a letter first, no hyphen "
            f"last, at most {MOST_NAME}"
        )
    expires = None if lasts is None else now + lasts
    while True:
        token_id = f"{name}-{secrets.token_hex(4)}"
        text = f"keptn_{token_id}_{secrets.token_hex(32)}"
        made = Token(id=token_id, name=name, role=role, project=project, made_by=made_by, made_at=now, expires=expires)
        with suppress(LostRace):  # another one has that id
            store.put(objects.token(token_id), _encoded(made, text), if_generation=0)
            return made, text


def is_issued(text: str) -> bool:
    """Whether it has the form of an issued token."""
    return _TOKEN.fullmatch(text) is not None


def find(store: ObjectStore, text: str) -> Token | None:
    """The token of that text, also one that is over; None for one that nobody issued. One read at most."""
    found = _TOKEN.fullmatch(text)
    stored = store.get(objects.token(found[1])) if found else None
    if stored is None:
        return None
    kept = json.loads(stored.data)
    return _token(kept) if hmac.compare_digest(_hash(text), str(kept["sha256"])) else None


def stored_as(stored: StoredObject) -> Token:
    """The token of an object below `tokens/`, also one that is over."""
    return _token(json.loads(stored.data))


def note_use(store: ObjectStore, token_id: str, *, now: datetime, memory: dict[str, Any]) -> None:
    """Keep that it was used now, at most once an hour. A store that is away for this keeps nobody from anything.

    memory: what this process knows of the last uses.
    """
    known: dict[str, datetime] = memory.setdefault("token-use", {})
    if token_id in known and now - known[token_id] < USE_EVERY:
        return
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    try:
        used = _used(store, token_id)
        if used is None or now - used >= USE_EVERY:
            used = now
            store.put(objects.token_use(token_id), rfc3339(now).encode())
        known[token_id] = used
    except KeptnError as trouble:
        log.warning("when the token %s was used is not noted: %s", token_id, trouble)


def every(store: ObjectStore) -> Sequence[tuple[Token, datetime | None]]:
    """All tokens by id, each with its last use."""
    return side_by_side(store, lambda token: (token, _used(store, token.id)), _all(store))


def revoke(store: ObjectStore, token_id: str) -> None:
    """It opens nothing from now on. Raises Unknown."""
    if not re.fullmatch(_ID, token_id) or store.get(objects.token(token_id)) is None:
        raise Unknown(f"there is no token {token_id[:80]!r}; keptn get token lists them")
    _delete(store, token_id)


def revoke_all(store: ObjectStore, project: str) -> None:
    """Those of a project that is deleted: they must not open its namesake."""
    for token in _all(store):
        if token.project == project:
            _delete(store, token.id)


def forget_over(store: ObjectStore, *, before: datetime) -> None:
    """Those that were over by then: nobody asks any more whose they were."""
    for token in _all(store):
        if token.is_over(before):
            _delete(store, token.id)


def lasting(text: str) -> timedelta | None:
    """How long a token lasts, as a person says it: `90d`, `12h`; None for empty. Raises Refused."""
    days = re.fullmatch(r"([0-9]{1,5})d", text)
    try:
        lasts = timedelta(days=int(days[1])) if days else durations.parse(text) if text else None
    except ValueError:
        lasts = timedelta(0)
    if lasts is not None and not timedelta(0) < lasts <= timedelta(days=36500):
        raise Refused(f"{text!r} is no time that a token can last; write it like 90d or 12h, or leave it out")
    return lasts


def _delete(store: ObjectStore, token_id: str) -> None:
    store.delete(objects.token(token_id))
    store.delete(objects.token_use(token_id))


def _all(store: ObjectStore) -> Sequence[Token]:
    found, after = list[str](), ""
    while True:
        page = store.list(objects.TOKENS, token=after)
        found += page.names
        if not (after := page.next_token):
            break
    stored = side_by_side(store, store.get, found)
    return [_token(json.loads(one.data)) for one in stored if one]


def _used(store: ObjectStore, token_id: str) -> datetime | None:
    stored = store.get(objects.token_use(token_id))
    return utc(stored.data.decode()) if stored else None


def _encoded(token: Token, text: str) -> bytes:
    return json.dumps({**token.described(), "sha256": _hash(text)}).encode()


def _token(kept: Mapping[str, str]) -> Token:
    return Token(
        id=kept["id"],
        name=kept["name"],
        role=Role(kept["role"]),
        project=kept["project"],
        made_by=kept["madeBy"],
        made_at=utc(kept["madeAt"]),
        expires=utc(kept["expires"]) if kept["expires"] else None,
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
