"""Every function: what its import and its cold start cost against functions-framework with a hello-world."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 5
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
_EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "bench",
    "ce-source": "bench",
    "ce-type": "sh.keptn.event.bench.triggered",
    "content-type": "application/json",
    "connection": "close",
}
Row = tuple[str, float, float | None]


def rows() -> Iterator[Row]:
    functions = sorted(ROOT.glob("functions/*/main.py"))
    with tempfile.TemporaryDirectory() as folder:
        yield from _imports(functions)
        yield from _cold_starts([path for path in functions if "runtime.run_job" not in path.read_text()], Path(folder))


def _imports(functions: Sequence[Path]) -> Iterator[Row]:
    """CPU time inside the interpreter, the lowest of some rounds in turn: the least disturbed."""
    costs = _lowest({"": _import_s, **{str(f): lambda f=f: _import_s(str(f)) for f in functions}})
    yield "importing functions-framework alone, ms", costs[""] * 1000, None
    for function in functions:
        yield f"importing {function.parent.name} against it, ratio", costs[str(function)] / costs[""], 1.5


def _cold_starts(functions: Sequence[Path], folder: Path) -> Iterator[Row]:
    """Wall time from the start of the process to the answer of its first event."""
    hello = folder / "main.py"
    hello.write_text(HELLO)
    targets = {"": hello, **{str(f): f for f in functions}}
    costs = _lowest({name: lambda path=path: _cold_start_s(path, folder) for name, path in targets.items()})
    yield "cold start of a hello-world, ms", costs[""] * 1000, None
    for function in functions:
        yield f"cold start of {function.parent.name} against it, ratio", costs[str(function)] / costs[""], 1.5


def _lowest(measured: dict[str, Callable[[], float]]) -> dict[str, float]:
    for measure in measured.values():  # bytecode and page cache
        measure()
    rounds = [{name: measure() for name, measure in measured.items()} for _ in range(ROUNDS)]
    return {name: min(costs[name] for costs in rounds) for name in measured}


def _import_s(*arguments: str) -> float:
    done = subprocess.run([sys.executable, "-c", _IMPORT, *arguments], **_child(), stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def _cold_start_s(function: Path, folder: Path) -> float:
    """As the local runtime starts it: on a socket that listens already."""
    with socket.socket() as listening, Path(os.devnull).open("wb") as nothing:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        command = ["-m", "keptn.local.launch", str(os.getpid()), "function", str(listening.fileno())]
        environment = {"FUNCTION_SOURCE": str(function), "FUNCTION_TARGET": "handle", "KEPTN_STATE_DIR": str(folder)}
        with httpx.Client(trust_env=False, timeout=30) as client:
            begin = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, *command],
                **_child(**environment),
                stdout=nothing,
                stderr=nothing,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
            try:
                port = listening.getsockname()[1]
                client.post(f"http://127.0.0.1:{port}/", headers=_EVENT, content=b'{"project": "bench"}')
                return time.perf_counter() - begin
            finally:
                process.terminate()
                process.wait()


def _child(**more: str) -> dict[str, object]:
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {"cwd": ROOT, "env": {**kept, "PYTHONPATH": str(ROOT), **more}}
