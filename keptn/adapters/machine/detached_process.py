"""Processes that outlive whoever started them: in a session of their own, recognised by pid and start time.

Used for workloads and for Envoy. Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from keptn.errors import Refused

PROC = Path("/proc")
MARK = "KEPTN_PROCESS"
"""Environment variable that says whose process it is: it finds one whose starter died before it wrote the pid down."""
POLL_S = 0.02
KILL_S = 5.0
"""How long the kernel may take to end what was killed."""
_START = 'export KEPTN_PROCESS="$1"; shift; setsid "$@" </dev/null >>"$0" 2>&1 & echo $!'


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedProcess:
    """started: when, as the kernel tells it, with the id of the boot; a pid alone may be somebody else's by now."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        return bool(self.started) and _started(self.pid) == self.started


def start(
    command: Sequence[str], *, mark: str, env: Mapping[str, str], cwd: Path, log: Path, lock: int
) -> DetachedProcess:
    """Start the command; output goes to the end of the log.

    lock: descriptor of a lock the caller holds. The shell in between holds it too until the process carries its mark,
    so that nobody can look for it in vain when the caller dies meanwhile.
    """
    if shutil.which("setsid") is None or not PROC.is_dir():
        raise Refused("running workloads as processes needs Linux with setsid (util-linux); use another KEPTN_PLATFORM")
    log.parent.mkdir(parents=True, exist_ok=True)
    shell = subprocess.run(
        ["/bin/sh", "-c", _START, str(log), mark, *command],
        env=dict(env),
        cwd=cwd,
        stdin=lock,
        stdout=subprocess.PIPE,
        check=True,
        start_new_session=True,
    )
    pid = int(shell.stdout)
    return DetachedProcess(pid=pid, started=_started(pid))


def stop(process: DetachedProcess, *, timeout_s: float) -> None:
    """Ask the process and its children to end; after the time, end them."""
    if not process.alive:
        return
    _signal_group(process.pid, signal.SIGTERM)
    _await_end(process, timeout_s)
    _signal_group(process.pid, signal.SIGKILL)  # children that outlived it, or all of them
    _await_end(process, KILL_S)


def marked(mark: str) -> Mapping[DetachedProcess, str]:
    """Every session leader whose mark begins so, with its whole mark.

    Processes with such a mark whose leader is gone are ended: nobody could stop them any more, and they may hold the
    port that the next one needs.
    """
    wanted = f"{MARK}={mark}".encode()
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]
    found = {pid: whole for pid in pids if (whole := _mark(pid, wanted))}
    leaders = {pid for pid in found if _session(pid) == pid}
    for pid in found:
        if _session(pid) not in leaders:
            _kill(pid)
    return {DetachedProcess(pid=pid, started=_started(pid)): found[pid] for pid in leaders}


def _await_end(process: DetachedProcess, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while process.alive and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _mark(pid: int, wanted: bytes) -> str:
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:  # gone by now, or somebody else's
        return ""
    found = next((line for line in environment.split(b"\0") if line.startswith(wanted)), b"")
    return found.decode(errors="replace").partition("=")[2]


def _started(pid: int) -> str:
    """Boot and tick at which the process was started; empty if it is gone or only waits to be reaped."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"


@cache
def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _signal_group(pid: int, sign: signal.Signals) -> None:
    with suppress(OSError):  # it ended by itself
        os.killpg(pid, sign)


def _kill(pid: int) -> None:
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL)
