"""The function host: one functions-framework process per function, started by its first request, stopped when idle.

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
from collections.abc import AsyncIterator, Coroutine, Iterable
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
        source = str(self._places.source(function.source, near=function.folder))
        try:
            with socket.socket() as listening, log_file.opened(self._log(function)) as output:
                listening.bind(("127.0.0.1", 0))
                listening.listen(BACKLOG)
                port = int(listening.getsockname()[1])
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "keptn.local.launch", str(os.getpid()), "function"),
                    str(listening.fileno()),
                    env=self._environment.of(function.env, sink=function.sink, FUNCTION_SOURCE=source),
                    cwd=self._places.root,
                    stdin=DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=[listening.fileno()],
                    start_new_session=True,  # Ctrl-C is for the runtime, which then stops its functions
                )
        except OSError as exc:
            raise Unavailable(f"function {function.name} cannot be started: {exc.strerror}") from exc
        running = _Running(process, port)
        self._keep(self._watch(slot, running))
        return running

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
