"""`make demo` ends as its reader expects, also when it is not let to its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples.sockshop.demo.api import ROOT
from examples.sockshop.demo.checks import checks_of
from tests.waiting import DEADLINE_S, until


def the_runtime_starts(state, _said):
    until((state / "keptn-local.log").exists, what="the start of the runtime")


def users_are_served(_state, said):
    """Workloads, Envoy and the monitor run by then."""
    assert any(b"users come to" in line for line in said)


@pytest.mark.parametrize("begun", [the_runtime_starts, pytest.param(users_are_served, marks=pytest.mark.long)])
def test_ctrl_c_leaves_no_process_behind(begun, tmp_path):
    """Ctrl-C ends the runtime, its functions, Envoy, the workloads and the monitor."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "examples.sockshop.demo", "--state-dir", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        begun(state, demo.stdout)
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=DEADLINE_S)
    assert demo.returncode == 130
    assert b"Traceback" not in said, said
    until(lambda: not processes_about(state), what="the end of every process")


def test_a_second_ctrl_c_leaves_no_process_behind(tmp_path):
    """Whoever is impatient while everything is being stopped does not stop that."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "examples.sockshop.demo", "--state-dir", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        assert demo.stdout
        assert any(b"keptn local is up" in line for line in demo.stdout)
        demo.send_signal(signal.SIGINT)
        assert any(b"everything is being stopped" in line for line in demo.stdout)
        while demo.poll() is None:
            demo.send_signal(signal.SIGINT)
            time.sleep(0.05)
        said = demo.stdout.read()
    assert demo.returncode == 130
    assert said == b""
    until(lambda: not processes_about(state), what="the end of every process")


@pytest.mark.parametrize("program", ["keptn.__main__", "examples.sockshop.demo.__main__"])
def test_ctrl_c_before_anything_has_begun_is_silent(program, tmp_path):
    """While modules are imported, which takes a second: no traceback, exit code 130."""
    interrupted = (
        "import runpy, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'click': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        f"runpy.run_module({program!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", interrupted], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.long
def test_a_canary_tells_the_same_story(tmp_path):
    """Every check is good, and the lanes show the steps. The other strategy's story is `make demo` in CI."""
    command = [sys.executable, "-m", "examples.sockshop.demo", "--strategy=canary", f"--state-dir={tmp_path / 'state'}"]
    wide = {**os.environ, "COLUMNS": "300"}
    demo = subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, timeout=600, check=False)
    said = demo.stdout + demo.stderr
    assert demo.returncode == 0, said
    assert [line[4:] for line in said.splitlines() if line.startswith("  ✓ ")] == [
        what for what, _ in checks_of("canary")
    ], said
    for line in ("traffic 25 % pass", "evaluation at 25 % pass", "traffic 60 % pass", "evaluation at 60 % pass"):
        assert f"0.3 prod delivery: {line}" in said, said


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
