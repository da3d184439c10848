"""The table of pages, and the way from a request to the one that answers it. `functions/bridge` calls `answer`.

Every trouble becomes a page with one sentence; who is not signed in is asked to, and comes back to where he wanted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import NamedTuple, cast
from urllib.parse import quote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from keptn.bridge import sign_in
from keptn.bridge.visit import Visit
from keptn.context import Context
from keptn.errors import KeptnError
from keptn.web import Answer, HttpError, Request, status_of

log = logging.getLogger("keptn")


class Route(NamedTuple):
    """page: `module:function` below `keptn.bridge`. open: asks for no sign-in."""

    method: str
    path: str
    page: str
    open: bool = False


_PROJECT = "/project/<project>"
_SLOT = _PROJECT + "/stage/<stage>/service/<service>"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/assets/<name>", "assets:show", open=True),
    Route("GET", "/sign-in", "sign_in:show", open=True),
    Route("POST", "/sign-in", "sign_in:enter", open=True),
    Route("GET", "/enter", "sign_in:by_ticket", open=True),
    Route("POST", "/sign-out", "sign_in:leave"),
    Route("POST", "/theme", "theme:choose"),
    Route("GET", "/", "projects:show"),
    Route("GET", _PROJECT, "environment:show"),
    Route("GET", _PROJECT + "/deliveries", "delivery:index"),
    Route("GET", "/delivery/<path:context>", "delivery:show"),
    Route("GET", "/delivery/<path:context>/event", "delivery:event"),
    Route("POST", "/delivery/<path:context>/control", "orders:control"),
    Route("GET", "/approvals", "approvals:show"),
    Route("GET", "/dead-letters", "dead_letters:index"),
    Route("GET", "/dead-letter/<path:letter>", "dead_letters:show"),
    Route("POST", "/dead-letter/<path:letter>/redeliver", "dead_letters:redeliver"),
    Route("GET", _PROJECT + "/shipyard", "shipyards:show"),
    Route("GET", _PROJECT + "/start", "starting:show"),
    Route("POST", _PROJECT + "/start/delivery", "starting:delivery"),
    Route("POST", _PROJECT + "/start/evaluation", "starting:evaluation"),
    Route("POST", _PROJECT + "/start/sequence", "starting:sequence"),
    Route("GET", _PROJECT + "/begun/<path:context>", "starting:begun"),
    Route("GET", _PROJECT + "/problems", "problems:index"),
    Route("GET", _PROJECT + "/audit", "audit:index"),
    Route("GET", _PROJECT + "/audit.jsonl", "audit:lines"),
    Route("GET", _PROJECT + "/evaluations", "evaluations:index"),
    Route("GET", _SLOT + "/evaluation", "evaluations:show"),
    Route("POST", _SLOT + "/evaluation/invalidate", "evaluations:invalidate"),
    Route("POST", "/approval/<path:task>", "orders:approval"),
    Route("POST", _SLOT + "/rollback", "orders:roll_back"),
    Route("POST", _SLOT + "/pin", "orders:pin"),
    Route("POST", _SLOT + "/unpin", "orders:unpin"),
)

_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
"""Of every answer. Source: owasp.org, "HTTP Security Response Headers Cheat Sheet"."""
_TITLES = {403: "This is not for you", 404: "There is no such thing", 500: "Something is broken", 503: "Not now"}
_UNKEPT = ("Cache-Control", "no-store")


def answer(request: Request, ctx: Context) -> Answer:
    """The page, or what is wrong as a page; never raises."""
    visit = Visit(request=request, ctx=ctx)
    try:
        answered = _answered(visit)
    except KeptnError as exc:
        answered = trouble(visit, str(exc), status=status_of(exc))
    except Exception:
        log.exception("a bug in the bridge")
        answered = trouble(visit, "this is a bug in keptn; its log has the traceback: keptn logs bridge", status=500)
    kept = any(name == "Cache-Control" for name, _ in answered.headers)
    headers = (*answered.headers, *_HEADERS, *(() if kept else (_UNKEPT,)))
    return Answer(status=answered.status, body=answered.body, content_type=answered.content_type, headers=headers)


def trouble(visit: Visit, sentence: str, *, status: int) -> Answer:
    """One sentence as a page, with the way on; who is signed in keeps the frame around it."""
    if visit.session is None:
        with suppress(KeptnError):  # what is away may be what knows who is signed in
            visit = visit.on({}, session=sign_in.session(visit))
    title = _TITLES.get(status, "This cannot be done")
    return visit.page("trouble.html", status=status, title=title, sentence=sentence, code=status)


def _answered(visit: Visit) -> Answer:
    route, path = _match(visit.request)
    if route.open:
        if visit.request.method == "POST":
            _check_from_here(visit)
        return _called(route, visit.on(path))
    session = sign_in.session(visit)
    if session is None:
        return _asked_to_sign_in(visit)
    visit = visit.on(path, session=session)
    if visit.request.method == "POST":
        _check_from_here(visit)
        visit.check_form()
    return _called(route, visit)


def _called(route: Route, visit: Visit) -> Answer:
    module, _, name = route.page.partition(":")
    return cast("Callable[[Visit], Answer]", getattr(import_module(f"keptn.bridge.{module}"), name))(visit)


def _check_from_here(visit: Visit) -> None:
    """Raises HttpError 403 for a form that another site sent."""
    if visit.is_from_elsewhere:
        raise HttpError("another site sent this form; open the bridge itself and do it there", status=403)


def _asked_to_sign_in(visit: Visit) -> Answer:
    """A page that looks again by itself is led away as a whole."""
    wanted = visit.request.path if visit.request.method == "GET" else "/"
    where = f"{visit.base}/sign-in?next={quote(wanted, safe='')}"
    if visit.request.headers.get("hx-request"):
        return Answer(headers=(("HX-Redirect", where),), content_type="text/html")
    return visit.redirect(where)


def _match(request: Request) -> tuple[Route, dict[str, str]]:
    method = "GET" if request.method == "HEAD" else request.method
    try:
        return cast("tuple[Route, dict[str, str]]", _routes().match(request.path, method=method))
    except MethodNotAllowed as exc:
        raise HttpError(f"{request.method} is not for this page; go back and try again", status=405) from exc
    except (NotFound, RequestRedirect) as exc:
        raise HttpError("there is no such page; the address may be cut off, or of another version", status=404) from exc


@cache
def _routes() -> MapAdapter:
    rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in ROUTES]
    return Map(rules, strict_slashes=False, merge_slashes=False).bind("bridge")
