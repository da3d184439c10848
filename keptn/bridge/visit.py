"""One request of a person: what was asked, who is signed in, and how the answer is made. Every page takes one."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from keptn import web
from keptn.api import routes as api_routes
from keptn.api.tokens import Principal
from keptn.bridge import cookies
from keptn.context import Context
from keptn.records.sessions import Session
from keptn.records.tokens import Role
from keptn.web import Answer, HttpError, Request

FORM_TOKEN = "form-token"  # noqa: S105 - the name of a field
_LONGEST_SAID = 300
_ELSEWHERE = frozenset({"cross-site", "same-site"})
_OF_AN_ADDRESS = "/?&=#%:@,;+~!$'()*-._"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """path: the named parts of the path. session: None where nobody is signed in. (No slots: cached properties.)"""

    request: Request
    ctx: Context
    path: Mapping[str, str] = field(default_factory=dict)
    session: Session | None = None

    def on(self, path: Mapping[str, str], *, session: Session | None = None) -> Visit:
        return replace(self, path=path, session=session)

    # --- who, and what he may ---
    @property
    def principal(self) -> Principal:
        """Who is signed in. Raises HttpError 401."""
        if self.session is None:
            raise HttpError("sign in first", status=401)
        token = self.session.token
        return Principal(name=token.id, role=token.role, project=token.project)

    def may(self, role: str, project: str = "") -> bool:
        """Whether who is signed in has the role; a project's only in that one. Templates ask it for buttons."""
        who = self.session.token if self.session else None
        return who is not None and who.role.includes(Role(role)) and who.project in ("", project)

    # --- what was asked ---
    @property
    def slot(self) -> tuple[str, ...]:
        """The parts of an address, here and of the api, that name the service in the stage which the path names."""
        return "project", self.path["project"], "stage", self.path["stage"], "service", self.path["service"]

    @cached_property
    def now(self) -> datetime:
        return self.ctx.clock.now()

    @property
    def is_for_a_person(self) -> bool:
        """Whether a browser asks for a page, and not a program (or a script of a page) for something."""
        return "text/html" in self.request.headers.get("accept", "")

    @property
    def cookies(self) -> Mapping[str, str]:
        return web.cookies(self.request)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a form that was sent."""
        return dict(parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True))

    def given(self, *names: str) -> dict[str, str]:
        """The fields of the form that were filled in."""
        return {name: text for name in names if (text := self.form.get(name, "").strip())}

    def query(self, name: str) -> str:
        return self.request.query.get(name, "")

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether the browser says that another site led here. Source: W3C, "Fetch Metadata Request Headers"."""
        return self.request.headers.get("sec-fetch-site", "") in _ELSEWHERE

    def check_form(self) -> None:
        """Raises HttpError 403 for a form that this session was not given."""
        sent = self.form.get(FORM_TOKEN, "")
        if self.session is None or not hmac.compare_digest(sent.encode(), self.session.form_token.encode()):
            raise HttpError("this form is of an earlier sign-in; go back, load the page again, repeat it", status=403)

    # --- the api, with the rights of who is signed in ---
    def get(self, *parts: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        """What the api answers to GET /v1/<parts>. Raises as its route does: an unknown name, a right that lacks."""
        return self._asked("GET", parts, query={name: str(value) for name, value in query.items() if value != ""})

    def project(self, name: str) -> Mapping[str, Any]:
        """What the api says of a project, but for its gates, of which there is one a service. Raises as `get`."""
        from keptn.api import projects  # noqa: PLC0415 - for pages of a project

        self.principal.check_project(name)
        return projects.about(name, self.ctx, gates=False)

    def post(self, *parts: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        return self._asked("POST", parts, body=body)

    def _asked(
        self, method: str, parts: tuple[str, ...], query: Mapping[str, str] | None = None, body: object = None
    ) -> Any:  # noqa: ANN401 - JSON
        data = b"" if body is None else json.dumps(body).encode()
        request = Request(method=method, path="/v1/" + "/".join(parts), query=query or {}, body=data)
        return json.loads(api_routes.answer_to(self.principal, request, self.ctx).body)

    # --- the answer ---
    @cached_property
    def base(self) -> str:
        """The path below which the bridge is: empty, or `/functions/bridge` on a laptop."""
        return urlsplit(self.ctx.settings.function_url("bridge")).path.rstrip("/")

    @property
    def here(self) -> str:
        """The address of this page, with what it was asked."""
        return self.base + self.inner

    @property
    def inner(self) -> str:
        """The same below `base`, as forms name it to be led back."""
        asked = urlencode(self.request.query)
        return quote(self.request.path) + (f"?{asked}" if asked else "")

    def link(self, *parts: str, **query: str) -> str:
        """The address of a page: its parts are quoted, also those from outside, which may hold half a character."""
        asked = urlencode({name: text for name, text in query.items() if text}, errors="replace")
        path = "/".join(quote(part, safe="", errors="replace") for part in parts)
        return f"{self.base}/{path}" + (f"?{asked}" if asked else "")

    def page(self, template: str, *, status: int = 200, **values: object) -> Answer:
        """A page from its template. What was said after the last form is shown once."""
        from keptn.bridge import rendering  # noqa: PLC0415 - what is only led elsewhere needs no templates

        text = rendering.rendered(template, visit=self, **values)
        shown = ((cookies.SAID, ""),) if self.said else ()
        headers = tuple(("Set-Cookie", self._cookie(name, value, lasts_s=0)) for name, value in shown)
        return Answer(status=status, body=text.encode(), content_type="text/html; charset=utf-8", headers=headers)

    @property
    def said(self) -> str:
        return cookies.said(self.cookies)

    def redirect(self, where: str, *, say: str = "", cookie: tuple[str, str, int] | None = None) -> Answer:
        """Go on there, by GET. say: one sentence that the next page shows. cookie: name, value, seconds."""
        told = (cookies.SAID, cookies.to_say(say[:_LONGEST_SAID]), 60)
        kept = [one for one in (cookie, told if say else None) if one]
        set_ = [("Set-Cookie", self._cookie(name, value, lasts_s=lasts_s)) for name, value, lasts_s in kept]
        location = ("Location", quote(where, safe=_OF_AN_ADDRESS))
        return Answer(status=303, content_type="text/plain", headers=(location, *set_))

    def back(self, *, say: str = "", cookie: tuple[str, str, int] | None = None) -> Answer:
        """To the page that the form was on, which it names in `back`."""
        return self.redirect(self.inside(self.form.get("back", "")), say=say, cookie=cookie)

    def inside(self, path: str) -> str:
        """The address of a path of the bridge; the first page for anything that would lead elsewhere."""
        is_here = path.startswith("/") and not path.startswith(("//", "/\\"))
        return self.base + path if is_here else self.link()

    def _cookie(self, name: str, value: str, *, lasts_s: int) -> str:
        is_secure = urlsplit(self.ctx.settings.public_url).scheme == "https"
        return cookies.written(name, value, path=f"{self.base}/", lasts_s=lasts_s, secure=is_secure)
