"""Starts one child of the local runtime, which dies with it even when the runtime is killed with -9.

Run as `python -m keptn.local.launch <runtime's pid> function <descriptor>` (functions-framework on a socket that the
runtime listens on already, so that no port can be taken in between and the first request just waits), or as
`… <runtime's pid> command <command…>` (a Job). Imports nothing of ours: a cold start pays for every import.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_FIRST_SOCKET = 3
"""Where gunicorn looks for sockets it is given (sd_listen_fds(3))."""


def main(parent: str, kind: str, *arguments: str) -> None:
    _die_with(int(parent))
    if kind == "command":
        os.execvp(arguments[0], arguments)  # noqa: S606 - keeps the death signal
    os.register_at_fork(after_in_child=_worker_dies_with(os.getpid()))
    _listen_on(int(arguments[0]))
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # its command line: rich, which no image has
    sys.argv = ["functions_framework"]
    runpy.run_module("functions_framework", run_name="__main__", alter_sys=True)


def _die_with(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _worker_dies_with(master: int) -> Callable[[], None]:
    """Let the worker not live on for its 2 s. What a worker starts itself (workloads) is left alone."""
    return lambda: _die_with(master) if os.getppid() == master else None


def _listen_on(descriptor: int) -> None:
    if descriptor == _FIRST_SOCKET:
        os.set_inheritable(descriptor, True)
    else:
        os.dup2(descriptor, _FIRST_SOCKET)
        os.close(descriptor)
    os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}


if __name__ == "__main__":
    main(*sys.argv[1:])
