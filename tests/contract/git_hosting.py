"""Our own Git server as a pod runs it: gunicorn, on loopback, for a state folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import DEADLINE_S, until

LOGIN = {"user": "keptn", "token": "right-token"}
SERVED = "keptn.adapters.config_repo.hosting:application()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """port: where it listens. folder: its repositories."""

    port: int
    folder: Path

    def url(self, name: str, *, token: str = LOGIN["token"]) -> str:
        return f"http://{LOGIN['user']}:{token}@127.0.0.1:{self.port}/{name}.git"


@contextmanager
def serve(state: Path, *, port: int) -> Iterator[Hosting]:
    (state / "secrets/git").mkdir(parents=True, exist_ok=True)
    for key, value in LOGIN.items():
        (state / "secrets/git" / key).write_text(f"{value}\n")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind=127.0.0.1:{port}",
        "--threads=8",
        "--no-control-socket",
        SERVED,
    ]
    process = subprocess.Popen(
        command, env={**os.environ, "KEPTN_STATE_DIR": str(state), "PYTHONPATH": str(Path.cwd())}
    )
    try:
        until(lambda: _listens(port) or process.poll() is not None, what="the start of the Git server")
        yield Hosting(port=port, folder=state / "repos")
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
