"""The table of pages, and the way from a request to the one that answers it. `functions/bridge` calls `answer`.

Every trouble becomes a page with one sentence (`told`); who is not signed in is asked to, and comes back to where he
wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import NamedTuple, cast

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from keptn.bridge import sign_in, trouble
from keptn.bridge.visit import Visit
from keptn.context import Context
from keptn.web import Answer, HttpError, Request, Trouble, as_json


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
    Route("GET", "/counts", "counts:show"),
    Route("GET", _PROJECT, "environment:show"),
    Route("GET", _PROJECT + "/deliveries", "delivery:index"),
    Route("GET", "/delivery/<path:context>", "delivery:show"),
    Route("GET", "/delivery/<path:context>/event", "delivery:event"),
    Route("GET", "/delivery/<path:context>/event.json", "delivery:event_file"),
    Route("POST", "/delivery/<path:context>/control", "orders:control"),
    Route("GET", "/approvals", "approvals:show"),
    Route("GET", "/dead-letters", "dead_letters:index"),
    Route("GET", "/dead-letter/<path:letter>", "dead_letters:show"),
    Route("GET", "/dead-letter/<path:letter>/event.json", "dead_letters:file"),
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
_UNKEPT = ("Cache-Control", "no-store")


def answer(request: Request, ctx: Context) -> Answer:
    """The page. Raises what is wrong (`errors.py`, `web.py`), of which `told` makes one."""
    return _sent(_answered(Visit(request=request, ctx=ctx)))


def told(request: Request, ctx: Context, what: Trouble) -> Answer:
    """What is wrong as a page for who looks at pages, else as JSON."""
    visit = Visit(request=request, ctx=ctx)
    return _sent(trouble.page(visit, what) if visit.is_for_a_person else as_json(what))


def _sent(answered: Answer) -> Answer:
    kept = any(name == "Cache-Control" for name, _ in answered.headers)
    return replace(answered, headers=(*answered.headers, *_HEADERS, *(() if kept else (_UNKEPT,))))


def _answered(visit: Visit) -> Answer:
    route, path = _match(visit.request)
    if route.open:
        if visit.request.method == "POST":
            _check_from_here(visit)
        return replace(_called(route, visit.on(path)), open=True)
    session = sign_in.session(visit)
    if session is None:
        return sign_in.asked(visit)
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
