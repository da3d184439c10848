"""Whether a notification comes from whom it says: by a token, wherever the sender can put one, or by a signature.

Both webhooks call it, before they read a body. A token says itself whose it is; who signs sends none, so the URL says
whose secret it signs with (`?hook=<project>.<service>`), and without that it is the secret of all. Either way one
secret is read, and comparing takes as long for a wrong one as for the right one. Of several checks the first counts
whose header the request has: a wrong signature is not made good by a token.
Source: RFC 2104 (HMAC); Standard Webhooks, "Signature scheme"; GitHub, "Validating webhook deliveries".
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from keptn.context import Context
from keptn.ports import Secrets
from keptn.projects import hook_tokens
from keptn.web import HttpError, Request, presented_token

MOST_SIGNATURES = 10
"""Of one request: a sender that changes its secret signs with the old one and the new one."""
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9-]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Whose secrets open a webhook. by_token: raises HttpError 401. signer: the secret's name, by the URL's `hook`;
    empty for what can be none. hook: what the URL says, for people.
    """

    by_token: Callable[[Request, Secrets], str]
    signer: Callable[[str], str]
    hook: str


REGISTRIES = Door(by_token=hook_tokens.opened_by, signer=hook_tokens.signer, hook="<project>.<service>")
MONITORS = Door(by_token=hook_tokens.opened_by_monitor, signer=hook_tokens.monitor_signer, hook="<project>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The secret itself comes with the request. place: where, `any` of them, or a header by its name in lower case."""

    place: str = "any"

    def applies(self, request: Request) -> bool:
        return bool(self._presented(request))

    def opened(self, request: Request, door: Door, ctx: Context) -> str:
        """Name of the secret that the token is of. Raises HttpError 401."""
        headers = {name: text for name, text in request.headers.items() if name not in ("authorization", "x-token")}
        if token := self._presented(request):
            headers["authorization"] = f"Bearer {token}"
        return door.by_token(replace(request, headers=headers, query={}), ctx.secrets)

    def _presented(self, request: Request) -> str:
        scheme, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
        if self.place == "any":
            verbatim = scheme if not credentials else ""  # Harbor's field is sent as it was filled in
            return presented_token(request) or _password(scheme, credentials) or verbatim
        if self.place == "bearer":
            return credentials.strip() if scheme.lower() == "bearer" else ""
        if self.place == "basic":
            return _password(scheme, credentials)
        return request.headers.get(self.place, "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An HMAC of the body with the secret as key.

    header: where it comes, in lower case; several stand one after another, each behind `prefix`, else between commas or
    blanks. signed: what is signed, `{body}` and headers in braces. timestamp: the header with the time of signing, unix
    seconds; it may be `within_s` seconds away. key: how the secret is written, base64 with `whsec_` before it or not.
    """

    header: str
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    algorithm: Literal["sha256", "sha512"] = "sha256"
    signed: str = "{body}"
    timestamp: str = ""
    within_s: float = 300.0
    key: Literal["text", "base64"] = "text"

    @property
    def placeholders(self) -> Sequence[str]:
        """What `signed` names in braces, in lower case."""
        return [found[1].lower() for found in _PLACEHOLDER.finditer(self.signed)]

    def applies(self, request: Request) -> bool:
        return self.header in request.headers

    def opened(self, request: Request, door: Door, ctx: Context) -> str:
        """Name of the secret that was signed with. Raises HttpError 401."""
        if self.header not in request.headers:
            raise HttpError(f"a signature is missing, in the header {self.header}; let the sender sign", status=401)
        message = self._message(request)
        self._check_time(request, ctx.clock.now())
        hook = request.query.get("hook", "").strip()
        name = door.signer(hook)
        keys = (ctx.secrets.get(name, "token") or "").split() if name else []
        if self._fits(request.headers[self.header], message, [self._key(one) for one in keys]):
            return name
        raise HttpError(
            f"the signature in {self.header} is wrong; sign with the token that `keptn get hook` prints, and let the "
            f"URL say whose it is: ?hook={door.hook} ({'it says another or a wrong one' if hook else 'it does not'})",
            status=401,
        )

    def _fits(self, given: str, message: bytes, keys: Sequence[bytes | None]) -> bool:
        parts = given.split(self.prefix)[1:] if self.prefix else re.split(r"[,\s]+", given)
        candidates = [part.strip(", \t").encode() for part in parts[:MOST_SIGNATURES]]
        expected = [self._encoded(hmac.digest(key, message, self.algorithm)) for key in keys if key]
        if self.encoding == "hex":
            candidates = [candidate.lower() for candidate in candidates]
        fits = [hmac.compare_digest(one, candidate) for one in expected for candidate in candidates]
        return any(fits)

    def _encoded(self, digest: bytes) -> bytes:
        return digest.hex().encode() if self.encoding == "hex" else base64.b64encode(digest)

    def _key(self, token: str) -> bytes | None:
        if self.key == "text":
            return token.encode()
        try:
            return base64.b64decode(token.removeprefix("whsec_"), validate=True)
        except ValueError:
            return None

    def _message(self, request: Request) -> bytes:
        """Raises HttpError 401: without a part of it there is no signature."""
        message, end = b"", 0
        for found in _PLACEHOLDER.finditer(self.signed):
            name = found[1].lower()
            if name != "body" and name not in request.headers:
                raise HttpError(f"the header {found[1]} is missing, which is a part of what is signed", status=401)
            part = request.body if name == "body" else request.headers[name].encode("latin-1", "replace")
            message, end = message + self.signed[end : found.start()].encode() + part, found.end()
        return message + self.signed[end:].encode()

    def _check_time(self, request: Request, now: datetime) -> None:
        if not self.timestamp:
            return
        text = request.headers.get(self.timestamp, "")
        signed_at = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None
        if signed_at is None:
            raise HttpError(f"the header {self.timestamp} is no time in unix seconds", status=401)
        if abs(now.timestamp() - signed_at) > self.within_s:
            window = timedelta(seconds=self.within_s)
            raise HttpError(
                f"it was signed more than {window} ago or ahead ({self.timestamp}: {text}); send it anew, and look at "
                "both clocks",
                status=401,
            )


Check = Token | Signature
ANY_TOKEN = Token()
GRAFANA = Signature(header="x-grafana-alerting-signature")
GRAFANA_TIMED = Signature(
    header="x-grafana-alerting-signature",
    signed="{x-grafana-alerting-timestamp}:{body}",
    timestamp="x-grafana-alerting-timestamp",
)
"""Which of the two, its header of the time decides: without the right key neither signature can be made."""
GITHUB = Signature(header="x-hub-signature-256", prefix="sha256=")


def opened(request: Request, checks: Sequence[Check], door: Door, ctx: Context) -> str:
    """Name of the secret that opens the door to this request. checks: at least one. Raises HttpError 401."""
    check = next((check for check in checks if check.applies(request)), checks[-1])
    return check.opened(request, door, ctx)


def _password(scheme: str, credentials: str) -> str:
    """Of Basic authentication; whoever the user is. Source: RFC 7617."""
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2].strip()
    except ValueError:
        return ""
