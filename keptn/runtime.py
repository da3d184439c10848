"""The only meeting with functions-framework: requests become events, outcomes become answers.

A function's `main.py` decorates its `handle` with `task` (a step with one reply per task), `event` (any event, no
ledger), `http` (people) or `hook` (registries, monitors), or runs as a Job with `run_job`. What Knative makes of each
status is in ARCHITECTURE.md.
"""

from __future__ import annotations

import json
import logging
import runpy
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import flask
import functions_framework

from keptn import callers, context, events, settings, web
from keptn.adapters.machine import disk
from keptn.callers import Callers
from keptn.context import Context
from keptn.errors import KeptnError, LostRace, NotYet, Refused, Unavailable, Undecodable
from keptn.events import Event, Result, Status
from keptn.records import dead_letters, replies

Handler = Callable[[Event, Context], Event | None]
HttpHandler = Callable[[web.Request, Context], web.Answer]
Told = Callable[[web.Request, Context, web.Trouble], web.Answer]
"""Makes an answer of what went wrong; the request is without its body."""
View = Callable[[flask.Request], flask.Response]

log = logging.getLogger("keptn")
BUG = "this is a bug in keptn; its log has the traceback (keptn logs)"
LONGEST_TOLD = 300
"""Characters of an error that people are told."""
LONGEST_NAME = 60
"""Characters of what a URL says that its sender is called."""


def task(function: str, *types: str) -> Callable[[Handler], View]:
    """Decorate the handler of `<task>.triggered`; `function` is its name as in `knative/` (`deploy`).

    types: what the function acts on, if not on all that its Trigger lets through. Anything else starts its pod and is
    answered 204, before any adapter is made. The handler returns `.finished`, or None when the task is another's; it
    may raise any error of `errors.py`. A due timer of the function arrives as the event that was waiting.
    """
    return lambda handler: _view(lambda received, ctx: _do_task(function, handler, received, ctx), only=types)


def event(handler: Handler) -> View:
    """Decorate a handler that hears any event and keeps its own order (`orchestrate`, `record`, `notify`)."""
    return _view(handler)


def http(handler: HttpHandler) -> View:
    """Decorate a handler of plain HTTP. Errors become `{"error": sentence}`."""
    return _http(handler, _as_json)


def hook(handler: HttpHandler) -> View:
    """As `http`, for who shows nobody the answers he gets: what he is refused is in the function's log."""
    return _http(handler, _as_json, logs_refusals=True)


def pages(told: Told) -> Callable[[HttpHandler], View]:
    """Decorate a handler that people look at: `told` makes an answer of what goes wrong, before it and in it."""
    return lambda handler: _http(handler, told)


def _as_json(_request: web.Request, _ctx: Context, trouble: web.Trouble) -> web.Answer:
    return web.as_json(trouble)


def _http(handler: HttpHandler, told: Told, *, logs_refusals: bool = False) -> View:
    def view(request: flask.Request) -> flask.Response:
        _set_up_logging()
        head, ctx = _head(request), None
        try:
            with _room():
                ctx = context.current().for_request()
                answer = _admitted(handler, replace(head, body=_body(request)), ctx)
        except KeptnError as exc:
            if isinstance(exc, Unavailable):  # who sends again by himself shows nobody why
                log.warning("to be asked again: %s", exc)
            elif logs_refusals and ctx:
                _log_refusal(exc, head, ctx)
            answer = _told(told, head, ctx, web.trouble_of(exc))
        except Exception:
            log.exception("a bug in an HTTP function")
            answer = _told(told, head, ctx, web.Trouble(status=500, sentence=BUG))
        return flask.Response(answer.body, answer.status, [*answer.headers], content_type=answer.content_type)

    return cast(View, functions_framework.http(view))


def _told(told: Told, head: web.Request, ctx: Context | None, trouble: web.Trouble) -> web.Answer:
    """As JSON where it cannot be told otherwise."""
    try:
        return told(head, ctx, trouble) if ctx else web.as_json(trouble)
    except Exception:
        log.exception("a bug in telling of trouble")
        return web.as_json(trouble)


def _admitted(handler: HttpHandler, request: web.Request, ctx: Context) -> web.Answer:
    """What the handler answers, unless the caller asks too often. Raises TooMany, and what the handler raises."""
    values = ctx.settings
    known = ctx.memory.get("callers") or ctx.memory.setdefault(
        "callers", Callers(requests=values.requests_per_minute, failures=values.failures_per_minute)
    )
    token = web.presented_token(request) or request.headers.get("authorization", "")  # a user and a password
    who = token or web.presented_session(request), _address(request, ctx)
    known.admit(*who, now_s=time.monotonic())
    status = 500
    try:
        answer = handler(request, ctx)
        status, who = answer.status, ("" if answer.open else who[0], who[1])
    except KeptnError as exc:
        status = web.status_of(exc)
        raise
    finally:
        known.answered(*who, status, now_s=time.monotonic())
    return answer


def _address(request: web.Request, ctx: Context) -> str:
    forwarded = request.headers.get("x-forwarded-for", "")
    return callers.address(request.peer, forwarded, trusted=ctx.settings.trusted_proxies.split())


def _log_refusal(exc: KeptnError, request: web.Request, ctx: Context) -> None:
    """Never the token or the body: what cannot be read of one is for its sender alone."""
    address = _address(request, ctx)
    told = ctx.memory.setdefault("told", callers.Told())
    left_out = told.room(address, now_s=time.monotonic())
    if left_out is None:
        return
    of_body = isinstance(exc, Undecodable)
    why = "its body is not what this sender sends; the answer says where" if of_body else str(exc)[:LONGEST_TOLD]
    status, sender = web.status_of(exc), request.path.strip("/")[:LONGEST_NAME]
    log.warning("refused: status=%d sender=%r address=%s why=%r left_out=%d", status, sender, address, why, left_out)


def run_job(function: str, handler: Handler, *, event_file: Path) -> int:
    """Run a task as a Job started by a JobSink; return the exit code (1: run me again).

    event_file: the event as structured JSON (Knative JobSink: `K_EVENT_PATH`/event). A bug repeats itself, so it ends
    the task instead of running again: nobody else would.
    """
    _set_up_logging()
    ctx = context.current()
    try:
        received = events.from_dict(json.loads(event_file.read_bytes()))
        ctx = ctx.for_request(project=received.scope.project)
        ctx.sink.post(events.started(received, source=source(function), now=ctx.clock.now()))
        if reply := _reply_of_job(function, handler, received, ctx):
            _post_reply(received, reply, ctx)
    except Unavailable as exc:
        log.warning("%s; the Job runs again", exc)
        return 1
    return 0


def _reply_of_job(function: str, handler: Handler, received: Event, ctx: Context) -> Event | None:
    try:
        with _room():
            return _do_task(function, handler, received, ctx)
    except Unavailable:
        raise
    except Exception:
        log.exception("a bug in a Job")
        bug = Refused(f"a bug in {function}; its log has the traceback (keptn logs {function})")
        return replies.settle(ctx.store, received, _errored(function, received, bug, ctx), function=function)


def _post_reply(received: Event, reply: Event, ctx: Context) -> None:
    """Post what a Job found; a reply that the Broker refuses for good ends the task with the reason."""
    try:
        ctx.sink.post(reply)
    except Refused as refused:
        dead_letters.keep_refused(reply, str(refused), ctx)
        dead_letters.post_end(received, f"{reply.type} could not be posted: {refused}", ctx)


def serve() -> None:
    """What the image starts: host the function that FUNCTION_SOURCE names, unless its settings cannot work.

    A pod that can answer nothing but 503 would be ready, and each of its events delivered again and again.
    """
    try:
        values = settings.current()
        context.check(values)
        if not values.sink:
            raise Refused("K_SINK is not set, so events have nowhere to go; set it to the Broker's ingress")
    except Refused as refused:
        sys.exit(f"keptn does not start: {refused}")
    runpy.run_module("functions_framework", run_name="__main__", alter_sys=True)


def ended(
    function: str,
    task: Event,
    ctx: Context,
    *,
    result: Result,
    message: str,
    payload: Mapping[str, object] | None = None,
) -> Event:
    """The `.finished` of a step that did its work; payload as of `events.finished`."""
    return events.finished(
        task, source=source(function), now=ctx.clock.now(), result=result, message=message, payload=payload
    )


def passed(
    function: str, task: Event, ctx: Context, *, message: str, payload: Mapping[str, object] | None = None
) -> Event:
    """The `.finished` of a step that did what it was asked to."""
    return ended(function, task, ctx, result=Result.PASS, message=message, payload=payload)


def source(function: str) -> str:
    """The CloudEvents source of a function's events."""
    return f"keptn/{function}"


def _do_task(function: str, handler: Handler, received: Event, ctx: Context) -> Event | None:
    triggered = events.asked(received)
    if earlier := replies.given(ctx.store, triggered, function=function):
        return earlier
    try:
        _check_hops(triggered, ctx)
        reply = handler(triggered, ctx)
    except NotYet as waiting:
        return _wait(function, triggered, waiting, ctx, woken=triggered is not received)
    except Refused as refused:
        reply = _errored(function, triggered, refused, ctx)
    except Exception as trouble:
        _tell(function, triggered, trouble, ctx)
        raise
    return reply and replies.settle(ctx.store, triggered, reply, function=function)


def _wait(function: str, triggered: Event, waiting: NotYet, ctx: Context, *, woken: bool) -> Event | None:
    log.info("%s waits: %s", triggered.type, waiting)
    now = events.rung_at(triggered, ctx.clock.now())
    ctx.timers.set(function=function, event=triggered, due=now + timedelta(seconds=waiting.after_s), key="wait")
    if woken and not waiting.news:
        return None
    tell = events.status_changed if woken else events.started
    return tell(triggered, source=source(function), now=now, message=str(waiting))


def _tell(function: str, triggered: Event, trouble: Exception, ctx: Context) -> None:
    """Who waits for the task hears what keeps the function from it; the Broker will ask again."""
    parts = events.parse_type(triggered.type)
    if isinstance(trouble, LostRace) or parts is None or parts.stage:
        return
    why = str(trouble) if isinstance(trouble, Unavailable) else f"{type(trouble).__name__}: {trouble}"
    message = f"failed, and is tried again: {' '.join(why.split())[:LONGEST_TOLD]}; see keptn logs {function}"
    now = events.rung_at(triggered, ctx.clock.now())
    with suppress(KeptnError):  # the Broker may be what is away
        ctx.sink.post(events.status_changed(triggered, source=source(function), now=now, message=message))


def _errored(function: str, triggered: Event, refused: Refused, ctx: Context) -> Event:
    log.warning("%s refused: %s", triggered.type, refused)
    return events.finished(
        triggered,
        source=source(function),
        now=ctx.clock.now(),
        status=Status.ERRORED,
        result=Result.FAIL,
        message=str(refused),
    )


def _check_hops(received: Event, ctx: Context) -> None:
    if received.hops > ctx.settings.max_hops:
        raise Refused(
            f"{received.type} is number {received.hops} in a chain of events, more than {ctx.settings.max_hops}; "
            "look for sequences that trigger each other, or raise KEPTN_MAX_HOPS"
        )


def _head(request: flask.Request) -> web.Request:
    """The request without its body."""
    return web.Request(
        method=request.method,
        path=request.path,
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        peer=request.remote_addr or "",
    )


def _body(request: flask.Request) -> bytes:
    """At most what web.py allows; the rest is read and dropped, for the framework reads all before it answers."""
    body = request.stream.read(web.MAX_BODY_BYTES + 1)
    if len(body) <= web.MAX_BODY_BYTES:
        return body
    while request.stream.read(2**16):
        pass
    raise web.HttpError(f"the request body is larger than {web.size(web.MAX_BODY_BYTES)}", status=413)


def _view(handler: Handler, *, only: Collection[str] = ()) -> View:
    def view(request: flask.Request) -> flask.Response:
        _set_up_logging()
        if request.method == "GET":  # a probe
            return flask.Response(status=204)
        try:
            return _answer(_heard(handler, request, only))
        except KeptnError as exc:
            log.warning("%s: %s", type(exc).__name__, exc)
            return _json({"error": str(exc)}, _event_status(exc))
        except Exception:
            log.exception("a bug in a function")
            return _json({"error": "a bug; the function's log has the traceback"}, 500)

    return cast(View, functions_framework.http(view))


def _heard(handler: Handler, request: flask.Request, only: Collection[str]) -> Event | None:
    received = events.decode(dict(request.headers), _body(request))
    if only and events.asked(received).type not in only:
        return None
    return _timed(handler, received)


def _room() -> AbstractContextManager[None]:
    """A full disk is no bug: it is named, and what was to be done is done when there is room again."""
    return disk.named(context.current().settings.state_dir)


def _event_status(exc: KeptnError) -> int:
    """What may work later is delivered again (503); what cannot be made sense of goes to the dead-letter sink (422)."""
    if isinstance(exc, web.HttpError):
        return exc.status
    return 503 if isinstance(exc, Unavailable | NotYet) else 422


def _timed(handler: Handler, received: Event) -> Event | None:
    begin = time.perf_counter()
    with _room():
        reply = handler(received, context.current().for_request(project=events.unwrapped(received).scope.project))
    took_ms = (time.perf_counter() - begin) * 1000
    log.info("%s %s → %s in %.1f ms", received.type, received.id, reply.type if reply else "nothing", took_ms)
    return reply


def _answer(reply: Event | None) -> flask.Response:
    if reply is None:
        return flask.Response(status=204)
    headers, body = events.encode(reply)
    return flask.Response(body, status=200, headers=headers, content_type=headers["content-type"])


def _json(body: dict[str, object], status: int, headers: Mapping[str, str] | None = None) -> flask.Response:
    return flask.Response(json.dumps(body), status=status, headers=headers, content_type="application/json")


def _set_up_logging() -> None:
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
