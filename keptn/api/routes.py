"""The table of routes, and the way from a request to the one that answers it. `functions/api` calls `answer`.

A route's module is imported when it is first asked for: most calls need one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import cast

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from keptn.api import approvals, tokens
from keptn.api.call import Call
from keptn.context import Context
from keptn.web import Answer, HttpError, Request

Route = Callable[[Call], Answer]

_P = "/v1/project/<project>"
_STAGE = _P + "/stage/<stage>"
_SERVICE = _P + "/service/<service>"
_SLOT = _STAGE + "/service/<service>"

ROUTES: tuple[tuple[str, str, str], ...] = (
    ("POST", "/v1/auth", "about:authenticate"),
    ("GET", "/v1/metadata", "about:metadata"),
    ("POST", "/v1/event", "events:post"),
    ("GET", "/v1/event", "events:find"),
    ("GET", "/v1/event/<path:event_id>", "events:show"),
    ("GET", "/v1/project", "projects:index"),
    ("POST", "/v1/project", "projects:create"),
    ("GET", _P, "projects:show"),
    ("PUT", "/v1/project", "projects:update"),
    ("PUT", _P, "projects:update"),
    ("DELETE", _P, "projects:delete"),
    ("GET", _P + "/stage", "projects:stage_index"),
    ("GET", _STAGE, "projects:stage"),
    ("GET", _P + "/service", "services:index"),
    ("POST", _P + "/service", "services:create"),
    ("GET", _SERVICE, "services:show"),
    ("DELETE", _SERVICE, "services:delete"),
    ("GET", _SERVICE + "/hook", "services:hook"),
    ("GET", _P + "/alert-rules", "alert_rules:show"),
    ("POST", _P + "/notification", "notifications:try_out"),
    ("GET", _SERVICE + "/alert-rules", "alert_rules:show"),
    ("GET", _STAGE + "/service", "services:index"),
    ("GET", _SLOT, "services:slot"),
    *((method, scope + "/resource/<path:uri>", f"resources:{route}")
      for scope in (_P, _STAGE, _SERVICE, _SLOT)
      for method, route in (("GET", "show"), ("PUT", "put"), ("DELETE", "delete"))),
    *(("GET", scope + "/resource", "resources:index") for scope in (_P, _STAGE, _SERVICE, _SLOT)),
    ("POST", "/v1/delivery", "trigger:delivery"),
    ("GET", "/v1/delivery", "deliveries:index"),
    ("GET", "/v1/delivery/<path:context>", "deliveries:show"),
    ("GET", "/v1/sequence/<project>", "deliveries:index"),
    ("POST", "/v1/delivery/<path:context>/control", "control:delivery"),
    ("POST", "/v1/sequence/<project>/<context>/control", "control:delivery"),
    ("POST", _SLOT + "/unpin", "control:unpin"),
    ("GET", "/v1/approval", "approvals:index"),
    ("POST", "/v1/approval/<path:task>", "approvals:answer"),
    ("GET", "/v1/dead-letter", "dead_letters:index"),
    ("GET", "/v1/dead-letter/<path:letter>", "dead_letters:show"),
    ("POST", "/v1/dead-letter/<path:letter>/redeliver", "dead_letters:redeliver"),
    ("POST", _SLOT + "/evaluation", "trigger:evaluation"),
    ("POST", _SLOT + "/sequence/<sequence>", "trigger:sequence"),
    ("GET", _SLOT + "/evaluation", "evaluations:index"),
    ("GET", "/v1/evaluation/<project>", "evaluations:index"),
    ("GET", "/v1/secret", "secrets:index"),
    ("POST", "/v1/secret", "secrets:create"),
    ("PUT", "/v1/secret/<name>", "secrets:update"),
    ("DELETE", "/v1/secret/<name>", "secrets:delete"),
    ("GET", "/v1/log/function/<path:name>", "logs:function"),
    ("GET", _SLOT + "/log", "logs:workload"),
)  # fmt: skip
"""Method, path, `module:function` below `keptn.api`."""
_LONGEST = 200
"""Characters of a path that a sentence repeats."""


def answer(request: Request, ctx: Context) -> Answer:
    """Check the token, find the route, call it. Errors are raised (`errors.py`, `web.HttpError`)."""
    if request.path.startswith(approvals.PREFIX):
        return approvals.by_link(request, ctx)
    principal = tokens.principal(request, ctx.secrets)
    endpoint, path = _match(request)
    module, _, name = endpoint.partition(":")
    route = cast(Route, getattr(import_module(f"keptn.api.{module}"), name))
    return route(Call(request=request, ctx=ctx, path=path, principal=principal))


def _match(request: Request) -> tuple[str, dict[str, str]]:
    try:
        return cast("tuple[str, dict[str, str]]", _routes().match(request.path, method=request.method))
    except MethodNotAllowed as exc:
        allowed = ", ".join(sorted(exc.valid_methods or ()))
        raise HttpError(f"{request.method} is not for {request.path}; it takes {allowed}", status=405) from exc
    except (NotFound, RequestRedirect) as exc:
        raise HttpError(
            f"there is no {request.path[:_LONGEST]} in this api: a name holds no '/'; GET /v1/metadata says what it is",
            status=404,
        ) from exc


@cache
def _routes() -> MapAdapter:
    rules = [Rule(path, methods=[method], endpoint=endpoint) for method, path, endpoint in ROUTES]
    return Map(rules, strict_slashes=False, merge_slashes=False).bind("api")
