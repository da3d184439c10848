"""Locks between processes of one machine: held by one, waited for within bounds, freed by a death."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from keptn.adapters.machine import file_lock, locked_json
from keptn.errors import Unavailable

HOLD = (
    "import sys, pathlib\n"
    "from keptn.adapters.machine import {module}\n"
    "with {module}.locked(pathlib.Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture(params=["file_lock", "locked_json"])
def lock(request):
    return {"file_lock": file_lock, "locked_json": locked_json}[request.param]


def held_elsewhere(lock, path: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its input ends."""
    code = HOLD.format(module=lock.__name__.rpartition(".")[2])
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_waiting_has_an_end(lock, tmp_path):
    """A process that holds it for too long is a reason to come back later; who only looks is told at once."""
    with held_elsewhere(lock, tmp_path / "x") as holder:
        begun = time.monotonic()
        with pytest.raises(Unavailable, match=r"x(\.lock)? for too long"), lock.locked(tmp_path / "x", timeout_s=0.05):
            pass
        assert time.monotonic() - begun < 5
        with lock.locked_if_free(tmp_path / "x") as free:
            assert free is None
        holder.stdin.close()
        with lock.locked(tmp_path / "x") as descriptor:
            assert descriptor > 0


def test_a_death_frees_it(lock, tmp_path):
    """Nobody has to clean up."""
    with held_elsewhere(lock, tmp_path / "x") as holder:
        holder.kill()
        holder.wait()
        with lock.locked_if_free(tmp_path / "x") as free:
            assert free


def test_an_error_frees_it(lock, tmp_path):
    """Also in the same process."""
    with pytest.raises(ZeroDivisionError), lock.locked(tmp_path / "x"):
        raise ZeroDivisionError
    with lock.locked_if_free(tmp_path / "x") as free:
        assert free


def test_both_are_one_lock(tmp_path):
    """The lock beside a JSON file is a file lock."""
    with (
        locked_json.locked(tmp_path / "deep" / "x.json"),
        file_lock.locked_if_free(tmp_path / "deep" / "x.json.lock") as free,
    ):
        assert free is None
