"""The local runtime: Broker, clock, function host, Jobs and gateway in one process. Called by `keptn local` and tests.

It starts and stops the parts; each part is a module of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import uvicorn

from keptn.adapters.machine import disk, sqlite_file
from keptn.adapters.machine.file_lock import locked
from keptn.adapters.store.sqlite import SqliteStore
from keptn.context import Context
from keptn.errors import Refused, Unavailable
from keptn.local import supervisor, wiring
from keptn.local.broker import Attempts, Broker, Ingress
from keptn.local.clock import Clock
from keptn.local.environment import Environment
from keptn.local.faults import Faults
from keptn.local.gateway import Gateway
from keptn.local.host import IDLE_S, Host, signal_group
from keptn.local.job_table import JobTable
from keptn.local.jobs import Jobs
from keptn.local.places import Places
from keptn.local.queue import Queue
from keptn.local.subscribers import LocalSubscribers
from keptn.local.sweep import Sweep
from keptn.local.synchronous import SynchronousBroker
from keptn.local.wiring import Wiring
from keptn.records import retention
from keptn.settings import Settings

HOST = "127.0.0.1"
QUEUE, JOBS, STORE = "broker.sqlite", "jobs.sqlite", "store.sqlite"
STOP_S = 2
"""How long open requests may take when the runtime stops, seconds."""
log = logging.getLogger("keptn.local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `keptn local` was told. port: 0 takes a free one. own: settings by their environment keys.

    broker: `durable`, or `synchronous` as Knative's in-memory one. workloads: keep Envoy and the workloads alive; tests
    of the Broker alone need neither.
    """

    places: Places
    port: int = 8080
    idle_s: float = IDLE_S
    broker: Literal["durable", "synchronous"] = "durable"
    faults: Faults = field(default_factory=Faults)
    settings: Settings = field(default_factory=Settings)
    own: Mapping[str, str] = field(default_factory=dict)
    workloads: bool = True


async def serve(options: Options, *, ready: Callable[[str, Context], None]) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP. ready: is told the URL once requests are taken.

    Raises Refused or Unavailable when it cannot start; nothing runs then.
    """
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    _check_platform()
    wired = wiring.read(options.places.all_manifests())
    for function in wired.functions.values():
        if function.source:
            options.places.source(function.source, near=function.folder)
    state_dir = options.places.state_dir
    with disk.named(state_dir), _alone(state_dir), _listening(options.port) as listening:
        _check_files(options)
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        context = Context(replace(options.settings, state_dir=state_dir, public_url=url))
        async with _running(options, wired, url=url, context=context) as gateway, _http(gateway, listening):
            with _announced(state_dir, url):
                if not stop.is_set():
                    ready(url, context)
                await stop.wait()


def _check_files(options: Options) -> None:
    """Raises Unavailable for one that is damaged: nothing that runs on it could go on."""
    for name in (QUEUE, JOBS, *([STORE] if options.settings.store == "sqlite" else [])):
        sqlite_file.check(options.places.state_dir / name)


@asynccontextmanager
async def _running(options: Options, wired: Wiring, *, url: str, context: Context) -> AsyncIterator[Gateway]:
    """The parts, started in the order in which they need each other and stopped in the reverse."""
    places = options.places
    environment = Environment(root=places.root, state_dir=places.state_dir, url=url, own=options.own)
    queue, table = Queue(places.state_dir / QUEUE), JobTable(places.state_dir / JOBS)
    table.forget(older_than_s=options.settings.retention_days * 86400)
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        stack.callback(table.close)
        if options.workloads:
            await stack.enter_async_context(supervisor.supervised(places.state_dir))
        host = Host(wired.functions.values(), places=places, environment=environment, idle_s=options.idle_s)
        stack.push_async_callback(host.stop)
        jobs = Jobs(wired.job_sinks, table, places=places, environment=environment)
        stack.push_async_callback(jobs.stop)
        subscribers = LocalSubscribers(host, jobs)
        stack.push_async_callback(subscribers.stop)
        attempts = Attempts(subscribers, faults=options.faults)
        synchronous = options.broker == "synchronous"
        broker: Ingress = SynchronousBroker(wired, attempts) if synchronous else Broker(wired, queue, attempts)
        stack.push_async_callback(broker.stop)
        for ping in wired.pings.values():
            await stack.enter_async_context(_task(Clock(ping, context.store, subscribers).run()))
        await stack.enter_async_context(_task(_kill_at_random(host, options.faults)))
        if isinstance(context.store, SqliteStore):
            await stack.enter_async_context(_task(_sweep(context.store, options).run()))
        broker.resume()
        jobs.resume()
        yield Gateway(wired, broker, host)


@asynccontextmanager
async def _task(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _sweep(store: SqliteStore, options: Options) -> Sweep:
    days, logs = retention.days(options.settings), options.places.state_dir / "logs"
    return Sweep(store, days, logs=logs, log_days=options.settings.retention_days)


async def _kill_at_random(host: Host, faults: Faults) -> None:
    while (wait_s := faults.next_kill_s()) is not None:
        await asyncio.sleep(wait_s)
        if running := host.running():
            name, pid = faults.random.choice(running)
            log.info("fault mode: function %s is killed", name)
            signal_group(pid, signal.SIGKILL)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers, for they are the runtime's, and without its ten looks a second at nothing."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.over = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.over.wait()


@asynccontextmanager
async def _http(gateway: Gateway, listening: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        gateway.app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
    )
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.over.set()
        await serving


@contextmanager
def _alone(state_dir: Path) -> Iterator[None]:
    """One runtime per state folder. Raises Refused."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise Refused(f"the state folder {state_dir} cannot be made: {exc.strerror}; give another --state-dir") from exc
    lock = locked(state_dir / "runtime.lock", timeout_s=0)
    try:
        lock.__enter__()
    except Unavailable as exc:
        raise Refused(f"{state_dir} is in use by {_owner(state_dir)}; stop it, or give another --state-dir") from exc
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _owner(state_dir: Path) -> str:
    try:
        there = json.loads((state_dir / "runtime.json").read_bytes())
        return f"the local runtime at {there['url']} (process {there['pid']})"
    except (OSError, ValueError, KeyError):
        return "another local runtime"


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as exc:
            raise Refused(f"port {port} cannot be used: {exc.strerror}; give another --port (0: any)") from exc
        listening.listen()  # what functions post before the gateway is up waits
        yield listening


@contextmanager
def _announced(state_dir: Path, url: str) -> Iterator[None]:
    """`runtime.json` says where the runtime is, while it is there."""
    file = state_dir / "runtime.json"
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    fresh.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _check_platform() -> None:
    if sys.platform != "linux":
        raise Refused("keptn local needs Linux; on other systems run it in a Linux container or virtual machine")
