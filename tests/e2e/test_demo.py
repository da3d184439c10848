"""`make demo` ends as its reader expects, also when it is not let to its end."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples.sockshop.demo.system import ROOT

BEGINS = (0.5, 9.0)
"""While the runtime starts; while carts is delivered, with workloads, Envoy and a monitor running. Seconds."""


@pytest.mark.parametrize("after_s", BEGINS)
def test_ctrl_c_leaves_no_process_behind(after_s, tmp_path):
    """Ctrl-C ends the runtime, its functions, Envoy, the workloads and the monitor."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "examples.sockshop.demo", "--state-dir", str(state)]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with demo:
        time.sleep(after_s)  # any instant will do
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert b"Traceback" not in said, said
    deadline = time.monotonic() + 10
    while left := processes_about(state):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def processes_about(folder: Path) -> list[str]:
    """Command lines of processes that were started with the folder in their command or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
            if str(folder).encode() in told:
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # another user's, or gone
            continue
    return found
