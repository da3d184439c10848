"""The one port of the local runtime: the Broker's ingress, and the functions as Knative would expose them.

POST /<namespace>/<broker>          the ingress: 202 once the Broker has accepted the event
ANY  /functions/<name>/<rest>       a function that is not cluster-local
GET  /health                        who this is, and how many deliveries are under way
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import keptn
from keptn.errors import Refused, Unavailable, Undecodable
from keptn.local import envelope
from keptn.local.broker import Ingress
from keptn.local.exchange import Call
from keptn.local.host import Host
from keptn.local.wiring import Wiring

MAX_BODY_BYTES = 8 * 1024 * 1024
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Gateway:
    """The routes, as an ASGI application in `app`."""

    def __init__(self, wiring: Wiring, broker: Ingress, host: Host) -> None:
        self._wiring, self._broker, self._host = wiring, broker, host
        self.app = Starlette(
            routes=[
                Route("/health", self._health),
                Route("/functions/{name}", self._function, methods=METHODS),
                Route("/functions/{name}/{rest:path}", self._function, methods=METHODS),
                Route("/{namespace}/{broker}", self._ingress, methods=["POST"]),
            ]
        )

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": keptn.__version__, "deliveries": self._broker.waiting()})

    async def _ingress(self, request: Request) -> Response:
        """Source: CloudEvents HTTP binding; status codes of Knative's Broker ingress."""
        broker = f"{request.path_params['namespace']}/{request.path_params['broker']}"
        body = await _body(request)
        if body is None:
            return _error(f"the event is larger than {MAX_BODY_BYTES} bytes", 413)
        try:
            accepting = self._broker.accept(broker, envelope.read(_headers(request), body))
            await _while_there(request, accepting)
        except Undecodable as exc:
            return _error(str(exc), 400)
        except Refused as exc:
            return _error(str(exc), 404)
        except Unavailable as exc:
            return _error(str(exc), 500)
        return Response(status_code=202)

    async def _function(self, request: Request) -> Response:
        name = request.path_params["name"]
        if refusal := self._hidden(name):
            return _error(refusal, 404)
        body = await _body(request)
        if body is None:
            return _error(f"the request is larger than {MAX_BODY_BYTES} bytes", 413)
        call = Call(method=request.method, path=_path(request, name), headers=_headers(request), body=body)
        try:
            answer = await self._host.call(name, call)
        except Unavailable as exc:
            return _error(f"function {name} does not answer: {exc}; try again, and see keptn logs {name}", 502)
        except Refused as exc:
            return _error(str(exc), 500)
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))

    def _hidden(self, name: str) -> str:
        """Why the function cannot be called from outside; empty if it can."""
        public = sorted(function.name for function in self._wiring.functions.values() if function.public)
        if name in public:
            return ""
        if name in self._wiring.functions:
            return f"function {name} is cluster-local: it hears events only, through the Broker"
        return f"there is no function {name!r}; reachable are: {', '.join(public)}"


def _path(request: Request, name: str) -> str:
    """The rest of the path as it was sent, still encoded, with its query."""
    raw = bytes(request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    rest = raw.partition("?")[0].partition(f"/functions/{name}")[2]
    query = request.scope["query_string"].decode("latin-1")
    return (rest or "/") + (f"?{query}" if query else "")


def _headers(request: Request) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}


async def _body(request: Request) -> bytes | None:
    """None if it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _while_there(request: Request, work: Coroutine[None, None, None]) -> None:
    """Do the work; if who asked for it goes away, drop it. Raises what the work raises, and Unavailable."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Unavailable("nobody waits for the answer any more")
        working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    """Return when the connection is closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _error(reason: str, status: int) -> Response:
    return JSONResponse({"error": reason}, status_code=status)
