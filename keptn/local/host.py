"""The function host: one process per function, started by its first request, stopped when idle.

It is functions-framework with the function in it, or what a Procfile starts: any program that listens on $PORT.
Called by the Broker, the clock and the gateway. It does not know events.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from keptn.errors import Refused, Unavailable
from keptn.local import exchange, log_file
from keptn.local.environment import Environment
from keptn.local.exchange import Answer, Call
from keptn.local.places import Places
from keptn.local.wiring import Function

IDLE_S = 60.0
"""How long a function without requests is kept, seconds."""
STOP_S = 5.0
"""How long functions may take to finish what they do when the runtime stops, seconds."""
START_S = 60.0
"""How long a program may take until it listens, seconds."""
LOOK_AGAIN_S = 0.05
BACKLOG = 128
log = logging.getLogger("keptn.local")


@dataclass(slots=True)
class _Running:
    """A process and the loopback port it listens on."""

    process: Process
    port: int

    @property
    def alive(self) -> bool:
        return self.process.returncode is None


@dataclass(slots=True)
class _Slot:
    """What is going on with one function. requests: being answered now."""

    function: Function
    running: _Running | None = None
    requests: int = 0
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    idle: asyncio.TimerHandle | None = None


class Host:
    """Runs the functions. idle_s: how long one is kept without requests."""

    def __init__(
        self, functions: Iterable[Function], *, places: Places, environment: Environment, idle_s: float = IDLE_S
    ) -> None:
        self._slots = {function.name: _Slot(function) for function in functions}
        self._places, self._environment, self._idle_s = places, environment, idle_s
        self._http = exchange.client()
        self._reaping: set[asyncio.Task[None]] = set()

    async def call(self, name: str, call: Call, *, timeout_s: float | None = None) -> Answer:
        """Let the function answer. Raises Unavailable (no answer, it crashed) or Refused (no such function)."""
        slot = self._slots.get(name)
        if slot is None:
            raise Refused(f"there is no function {name!r}; there are: {', '.join(sorted(self._slots))}")
        limit_s = min(timeout_s or slot.function.timeout_s, slot.function.timeout_s)
        async with self._in_use(slot) as running:
            return await exchange.send(self._http, f"http://127.0.0.1:{running.port}", call, timeout_s=limit_s)

    def running(self) -> list[tuple[str, int]]:
        """Names and process ids of the functions that run now."""
        return [(name, slot.running.process.pid) for name, slot in self._slots.items() if slot.running]

    async def stop(self) -> None:
        """Stop all functions; what does not end in time is killed."""
        for slot in self._slots.values():
            self._retire(slot)
        if self._reaping:
            await asyncio.wait(self._reaping)
        await self._http.aclose()

    @asynccontextmanager
    async def _in_use(self, slot: _Slot) -> AsyncIterator[_Running]:
        slot.requests += 1
        if slot.idle:
            slot.idle.cancel()
        try:
            yield await self._running(slot)
        finally:
            slot.requests -= 1
            if slot.requests == 0:
                log_file.bound(self._log(slot.function))
                slot.idle = asyncio.get_running_loop().call_later(self._idle_s, self._retire, slot)

    async def _running(self, slot: _Slot) -> _Running:
        async with slot.starting:
            if slot.running is None or not slot.running.alive:
                slot.running = await self._started(slot)
            return slot.running

    async def _started(self, slot: _Slot) -> _Running:
        function = slot.function
        try:
            running = await (self._framework(function) if function.source else self._program(function))
        except (OSError, Refused) as exc:
            why = exc.strerror if isinstance(exc, OSError) else exc
            raise Unavailable(f"function {function.name} cannot be started: {why}") from exc
        self._keep(self._watch(slot, running))
        if not function.source:
            await self._listens(function, running)
        return running

    async def _framework(self, function: Function) -> _Running:
        """functions-framework, on a socket that is open already: its first request just waits."""
        source = str(self._places.source(function.source, near=function.folder))
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(BACKLOG)
            port, descriptor = int(listening.getsockname()[1]), listening.fileno()
            words = ("function", str(descriptor))
            folder = self._places.root
            process = await self._launched(function, words, folder, pass_fds=[descriptor], FUNCTION_SOURCE=source)
        return _Running(process, port)

    async def _program(self, function: Function) -> _Running:
        """What a Procfile starts."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        words = ("command", "/bin/sh", "-c", function.command)
        return _Running(await self._launched(function, words, function.folder, PORT=str(port)), port)

    async def _launched(
        self, function: Function, words: Sequence[str], folder: Path, *, pass_fds: Sequence[int] = (), **more: str
    ) -> Process:
        environment = self._environment.of(function.env, sink=function.sink, secrets=function.secrets, **more)
        with log_file.opened(self._log(function)) as output:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "keptn.local.launch", str(os.getpid()), *words),
                env=environment,
                cwd=folder,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=pass_fds,
                start_new_session=True,  # Ctrl-C is for the runtime, which then stops its functions
            )

    async def _listens(self, function: Function, running: _Running) -> None:
        """Wait until it takes connections, as Knative's queue-proxy does. Raises Unavailable: it ended, or hangs."""
        see = f"see {self._log(function)}"
        try:
            async with asyncio.timeout(START_S):
                while running.alive:
                    with suppress(OSError):
                        _, connection = await asyncio.open_connection("127.0.0.1", running.port)
                        connection.close()
                        return
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError as exc:
            self._keep(_end(running.process))
            raise Unavailable(f"function {function.name} does not listen on $PORT after {START_S:g} s; {see}") from exc
        raise Unavailable(f"function {function.name} ended before it listened on $PORT; {see}")

    def _log(self, function: Function) -> Path:
        return self._places.logs / f"{function.name}.log"

    async def _watch(self, slot: _Slot, running: _Running) -> None:
        """Notice when it ends; one that was not asked to is started again by its next request."""
        code = await running.process.wait()
        if slot.running is running:
            slot.running = None
            log.warning("function %s ended by itself (%s); see %s", slot.function.name, code, self._log(slot.function))

    def _retire(self, slot: _Slot) -> None:
        """Ask it to end; a request that comes meanwhile starts another one, on another port."""
        if slot.idle:
            slot.idle.cancel()
        if slot.running:
            running, slot.running = slot.running, None
            self._keep(_end(running.process))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)


async def _end(process: Process) -> None:
    signal_group(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), STOP_S)
        return
    signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def signal_group(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, sign)
