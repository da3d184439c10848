"""Every function: what its import and its cold start cost against functions-framework with a hello-world.

A cold start ends with the answer to an event that the function acts on. It is measured on the embedded store, Git and
secrets, with workloads and routes in memory, and on what a cluster has instead (places.py): what a workload takes to
start is its own affair.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import httpx

from tests.bench import places
from tests.bench.places import Place
from tests.bench.recording import Call, Recording
from tests.bench.row import Row
from tests.subscriber import listening

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 5
K = TypeVar("K")
HELLO = "import functions_framework\n@functions_framework.http\ndef handle(request):\n    return '', 204\n"
_IMPORT = """
import sys, time
begin = time.process_time()
import functions_framework
if len(sys.argv) > 1:
    import importlib.util
    spec = importlib.util.spec_from_file_location("main", sys.argv[1])
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(time.process_time() - begin)
"""
IMPORT_BUDGET = 1.3


def rows() -> Iterator[Row]:
    yield from _imports(sorted(ROOT.glob("functions/*/main.py")))
    with tempfile.TemporaryDirectory() as folder, listening() as (_, url):
        recording = Recording(Path(folder), chat_url=f"{url}/chat")
        with recording.running():
            recording.live()
        assert set(recording.calls) == set(recording.wiring.functions), "a function has heard nothing to act on"
        with places.in_a_cluster(Path(folder)) as more:
            yield from _cold_starts(recording, Path(folder), (places.EMBEDDED, *more), sink=f"{url}/broker")


def _imports(functions: Sequence[Path]) -> Iterator[Row]:
    """CPU time inside the interpreter, the lowest of some rounds in turn: the least disturbed."""
    costs = _lowest({"": _import_s, **{str(f): lambda f=f: _import_s(str(f)) for f in functions}})
    yield Row(what="importing functions-framework alone, ms", measured=costs[""] * 1000)
    for function in functions:
        ratio = costs[str(function)] / costs[""]
        yield Row(what=f"importing {function.parent.name} against it, ratio", measured=ratio, budget=IMPORT_BUDGET)


def _cold_starts(recording: Recording, folder: Path, where: Sequence[Place], *, sink: str) -> Iterator[Row]:
    """Wall time from the start of the process to the answer of its first event."""
    hello = folder / "main.py"
    hello.write_text(HELLO)
    post = next(iter(recording.calls.values()))
    starts = {("", ""): _Start(source=hello, call=replace(post, status=204), sink=sink, place=places.EMBEDDED)}
    for place in where:
        for name, function in sorted(recording.wiring.functions.items()):
            source, call = ROOT / function.source, recording.calls[name]
            starts[name, place.name] = _Start(source=source, call=call, sink=sink, place=place)
    costs = _lowest({key: start.seconds for key, start in starts.items()})
    least = costs.pop(("", ""))
    yield Row(what="cold start of a hello-world, ms", measured=least * 1000)
    for (name, place), cost in costs.items():
        budget = starts[name, place].place.budget
        yield Row(what=f"cold start of {name}{place} against it, ratio", measured=cost / least, budget=budget)


def _lowest(measured: dict[K, Callable[[], float]]) -> dict[K, float]:
    for measure in measured.values():  # bytecode and page cache
        measure()
    rounds = [{name: measure() for name, measure in measured.items()} for _ in range(ROUNDS)]
    return {name: min(costs[name] for costs in rounds) for name in measured}


def _import_s(*arguments: str) -> float:
    done = subprocess.run([sys.executable, "-c", _IMPORT, *arguments], **_child(), stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """As the local runtime starts a function: on a socket that listens already."""

    source: Path
    call: Call
    sink: str
    place: Place

    def seconds(self) -> float:
        """To the answer of the call, on a copy of the state that it was recorded on."""
        with tempfile.TemporaryDirectory() as folder, socket.socket() as listening_on:
            state = shutil.copytree(self.call.state, Path(folder) / "state")
            listening_on.bind(("127.0.0.1", 0))
            listening_on.listen()
            url = f"http://127.0.0.1:{listening_on.getsockname()[1]}{self.call.path}"
            with self.place.opened(state) as settings, httpx.Client(trust_env=False, timeout=60) as client:
                begin = time.perf_counter()
                with self._process(listening_on, {"KEPTN_STATE_DIR": str(state), **settings}):
                    headers = {**self.call.headers, "connection": "close"}
                    answer = client.request(self.call.method, url, headers=headers, content=self.call.body)
                    taken = time.perf_counter() - begin
            assert answer.status_code == self.call.status, f"{self.source}: {answer.status_code} {answer.text}"
            return taken

    @contextmanager
    def _process(self, listening_on: socket.socket, settings: Mapping[str, str]) -> Iterator[None]:
        descriptor = listening_on.fileno()
        command = [sys.executable, *self.place.launch, str(os.getpid()), "function", str(descriptor)]
        environment = {
            "FUNCTION_SOURCE": str(self.source),
            "FUNCTION_TARGET": "handle",
            "K_SINK": self.sink,
            **settings,
        }
        out = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(
            command, **_child(**environment), **out, pass_fds=[descriptor], start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _child(**more: str) -> dict[str, object]:
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {"cwd": ROOT, "env": {**kept, "PYTHONPATH": str(ROOT), **more}}
