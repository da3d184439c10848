"""The table of routes, and the way from a request to the one that answers it. `functions/api` calls `answer`.

A route's module is imported when it is first asked for: most calls need one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import NamedTuple, cast

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from keptn.api import approvals, needs, tokens
from keptn.api.call import Call
from keptn.api.tokens import Principal
from keptn.context import Context
from keptn.records.tokens import Role
from keptn.web import Answer, HttpError, Request

Answering = Callable[[Call], Answer]
VIEW, DELIVER, OPERATE, CONFIGURE = Role
ROOT, ANYBODY = "root", "anybody"
"""The root token alone; every token, the root's too."""


class Route(NamedTuple):
    """endpoint: `module:function` below `keptn.api`. role: the least that it takes.

    projects: how the project is found that it is about; None: it is about all. more: what in its content takes the role
    operate, in words.
    """

    method: str
    path: str
    endpoint: str
    role: Role | str
    projects: needs.Projects | None = None
    more: Callable[[Call], str] | None = None


_P = "/v1/project/<project>"
_STAGE = _P + "/stage/<stage>"
_SERVICE = _P + "/service/<service>"
_SLOT = _STAGE + "/service/<service>"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/auth", "about:authenticate", ANYBODY),
    Route("GET", "/v1/metadata", "about:metadata", ANYBODY),
    Route("GET", "/v1/token", "token_admin:index", ROOT),
    Route("POST", "/v1/token", "token_admin:create", ROOT),
    Route("DELETE", "/v1/token/<token>", "token_admin:revoke", ROOT),
    Route("POST", "/v1/bridge-link", "bridge_link:create", VIEW, needs.no_project),
    Route("POST", "/v1/event", "events:post", DELIVER, needs.posted_event, needs.of_event),
    Route("GET", "/v1/event", "events:find", VIEW, needs.query),
    Route("GET", "/v1/event/<path:event_id>", "events:show", VIEW, needs.recorded_event),
    Route("GET", "/v1/project", "projects:index", VIEW, needs.query),
    Route("POST", "/v1/project", "projects:create", CONFIGURE),
    Route("GET", _P, "projects:show", VIEW, needs.path),
    Route("PUT", "/v1/project", "projects:update", CONFIGURE, needs.named),
    Route("PUT", _P, "projects:update", CONFIGURE, needs.path),
    Route("DELETE", _P, "projects:delete", CONFIGURE),
    Route("GET", _P + "/stage", "projects:stage_index", VIEW, needs.path),
    Route("GET", _STAGE, "projects:stage", VIEW, needs.path),
    Route("GET", _P + "/service", "services:index", VIEW, needs.path),
    Route("POST", _P + "/service", "services:create", CONFIGURE, needs.path),
    Route("GET", _SERVICE, "services:show", VIEW, needs.path),
    Route("DELETE", _SERVICE, "services:delete", CONFIGURE, needs.path),
    Route("GET", _SERVICE + "/hook", "services:hook", CONFIGURE, needs.path),
    Route("GET", _P + "/hook", "services:problems_hook", CONFIGURE, needs.path),
    Route("GET", _P + "/alert-rules", "alert_rules:show", VIEW, needs.path),
    Route("POST", _P + "/notification", "notifications:try_out", CONFIGURE, needs.path),
    Route("GET", _SERVICE + "/alert-rules", "alert_rules:show", VIEW, needs.path),
    Route("GET", _STAGE + "/service", "services:index", VIEW, needs.path),
    Route("GET", _SLOT, "services:slot", VIEW, needs.path),
    *(Route(method, scope + "/resource/<path:uri>", f"resources:{route}", role, needs.path)
      for scope in (_P, _STAGE, _SERVICE, _SLOT)
      for method, route, role in (("GET", "show", VIEW), ("PUT", "put", CONFIGURE), ("DELETE", "delete", CONFIGURE))),
    *(Route("GET", scope + "/resource", "resources:index", VIEW, needs.path)
      for scope in (_P, _STAGE, _SERVICE, _SLOT)),
    Route("POST", "/v1/delivery", "trigger:delivery", DELIVER, needs.body, needs.of_delivery),
    Route("GET", "/v1/delivery", "deliveries:index", VIEW, needs.query),
    Route("GET", "/v1/delivery/<path:context>", "deliveries:show", VIEW, needs.delivery),
    Route("GET", "/v1/sequence/<project>", "deliveries:index", VIEW, needs.path),
    Route("POST", "/v1/delivery/<path:context>/control", "control:delivery", OPERATE, needs.delivery),
    Route("POST", "/v1/sequence/<project>/<context>/control", "control:delivery", OPERATE, needs.delivery),
    Route("POST", _SLOT + "/pin", "control:pin", OPERATE, needs.path),
    Route("POST", _SLOT + "/unpin", "control:unpin", OPERATE, needs.path),
    Route("GET", "/v1/artifact", "artifacts:index", VIEW, needs.query),
    Route("GET", "/v1/approval", "approvals:index", VIEW, needs.query),
    Route("POST", "/v1/approval/<path:task>", "approvals:answer", OPERATE, needs.approval),
    Route("GET", "/v1/dead-letter", "dead_letters:index", VIEW, needs.query),
    Route("GET", "/v1/dead-letter/<path:letter>", "dead_letters:show", VIEW, needs.dead_letter),
    Route("POST", "/v1/dead-letter/<path:letter>/redeliver", "dead_letters:redeliver", OPERATE, needs.dead_letter),
    Route("POST", _SLOT + "/evaluation", "trigger:evaluation", DELIVER, needs.path),
    Route("POST", _SLOT + "/sequence/<sequence>", "trigger:sequence", DELIVER, needs.path, needs.of_sequence),
    Route("GET", _SLOT + "/evaluation", "evaluations:index", VIEW, needs.path),
    Route("GET", "/v1/evaluation/<project>", "evaluations:index", VIEW, needs.path),
    Route("GET", "/v1/secret", "secrets:index", CONFIGURE, needs.query),
    Route("POST", "/v1/secret", "secrets:create", CONFIGURE, needs.secret),
    Route("PUT", "/v1/secret/<name>", "secrets:update", CONFIGURE, needs.secret),
    Route("DELETE", "/v1/secret/<name>", "secrets:delete", CONFIGURE, needs.secret),
    Route("GET", "/v1/log/function/<path:name>", "logs:function", VIEW),
    Route("GET", _SLOT + "/log", "logs:workload", VIEW, needs.path),
)  # fmt: skip
"""Each says who may and how its project is found: docs/security.md has the same table, and a test walks them all."""
_LONGEST = 200
"""Characters of a path that a sentence repeats."""


def answer(request: Request, ctx: Context) -> Answer:
    """Check the token, find the route, check role and project, call it. Errors are raised (`errors.py`, `web.py`)."""
    if request.path.startswith(approvals.PREFIX):
        return approvals.by_link(request, ctx)
    return answer_to(tokens.principal(request, ctx), request, ctx)


def answer_to(principal: Principal, request: Request, ctx: Context) -> Answer:
    """The same for somebody who is known already: the bridge asks for who is signed in there."""
    route, path = _match(request)
    call = Call(request=request, ctx=ctx, path=path, principal=principal)
    _check(route, call)
    module, _, name = route.endpoint.partition(":")
    answering = cast(Answering, getattr(import_module(f"keptn.api.{module}"), name))
    return answering(_narrowed(route, call))


def _check(route: Route, call: Call) -> None:
    """Raises HttpError 403 for a role that is too low, or a project that is not the token's."""
    if route.role == ANYBODY:
        return
    if not isinstance(route.role, Role):
        call.principal.check_root()
        return
    call.principal.check_role(route.role)
    if call.principal.project:
        if route.projects is None:
            call.principal.check_all()
        for project in route.projects(call) if route.projects else ():
            call.principal.check_project(project)
    if route.more and not call.principal.includes(OPERATE) and (what := route.more(call)):
        call.principal.check_role(OPERATE, what=what)


def _narrowed(route: Route, call: Call) -> Call:
    """A list for a token of one project is that project's."""
    if not call.principal.project or route.projects is not needs.query:
        return call
    query = {**call.request.query, "project": call.principal.project}
    return replace(call, request=replace(call.request, query=query))


def _match(request: Request) -> tuple[Route, dict[str, str]]:
    try:
        return cast("tuple[Route, dict[str, str]]", _routes().match(request.path, method=request.method))
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
    rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in ROUTES]
    return Map(rules, strict_slashes=False, merge_slashes=False).bind("api")
