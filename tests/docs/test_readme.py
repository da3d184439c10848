"""What the README says is what happens: its commands are run, its code is the example's code."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import DEADLINE_S, until

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
EXPECTED = {"keptn send event newartifact carts:0.1": (1, 4)}
"""Exit codes of commands that the text says do not pass; all others must."""
START = ".venv/bin/keptn local"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands(block: str) -> list[str]:
    return [line.partition("#")[0].strip() for line in block.splitlines() if line.partition("#")[0].strip()]


@pytest.fixture
def home(tmp_path):
    """A home of its own, with `keptn` on the path as `make install` puts it there."""
    keptn = tmp_path / "bin" / "keptn"
    keptn.parent.mkdir()
    keptn.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m keptn "$@"\n')
    keptn.chmod(0o755)
    path = f"{keptn.parent}:{os.environ['PATH']}"
    return {**os.environ, "HOME": str(tmp_path), "PATH": path, "PYTHONPATH": str(ROOT), "KEPTN_HOME": ""}


@pytest.fixture
def system(home):
    """`keptn local` as the README starts it, on a free port."""
    line = next(c for block in blocks("sh") for c in commands(block) if c.startswith(START))
    started = [*shlex.split(line.removeprefix(".venv/bin/")), "--port", "0"]
    with Path(home["HOME"], "local.log").open("wb") as log:
        process = subprocess.Popen(started, cwd=ROOT, env=home, stdout=log, stderr=log)
    try:
        config = Path(home["HOME"], ".keptn/config.json")
        until(lambda: config.exists() or process.poll() is not None, what="the start of keptn local")
        yield home
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=DEADLINE_S)


def test_five_minutes_by_hand(system):
    """Every command of the walk-through does what the text says."""
    walk = [c for block in blocks("sh") for c in commands(block) if c.startswith(("keptn ", "mkdir ", "cp ", "git "))]
    assert len(walk) > 8
    for command in walk:
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=system, capture_output=True, text=True, timeout=600, check=False
        )
        said = f"{command}\n{done.stdout}{done.stderr}"
        assert done.returncode in EXPECTED.get(command, (0,)), said
        assert "Traceback" not in said, said
        assert ("add-resource" in said) or command not in EXPECTED, said  # it says what to do


def test_make_targets_exist():
    """Every target that the README names is in the Makefile."""
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    for target in named:
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_step_of_ones_own_is_the_examples(home):
    """The code in the README is the code of the extension."""
    (code,) = blocks("python")
    extension = ROOT / "examples/sockshop/extension/functions/security_check/main.py"
    assert code.strip() in extension.read_text()
