"""The demo's own options: it removes nothing but what a demo made."""

import json

import pytest
from click.testing import CliRunner

from examples.sockshop.demo.command import LOCK, main
from keptn.adapters.machine.file_lock import locked


@pytest.fixture
def run(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(main, [*arguments, f"--state-dir={tmp_path}"])

    return run


def test_a_folder_of_somebody_elses_is_not_emptied(run, tmp_path):
    """A folder with files that no keptn made stays as it is."""
    (tmp_path / "thesis.txt").write_text("years of work")
    done = run()
    assert (done.exit_code, "no state folder of keptn" in done.output) == (2, True)
    assert (tmp_path / "thesis.txt").exists()


def test_a_running_demo_is_left_alone(run, tmp_path):
    """A second demo on the same folder is refused, says how to end the first, and takes nothing away."""
    (tmp_path / "runtime.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": 4711}))
    with locked(tmp_path / LOCK):
        done = run()
    said = " ".join(done.output.replace("│", " ").split())
    assert (done.exit_code, "kill 4711 ends it" in said, "give another --state-dir" in said) == (2, True, True)
    assert (tmp_path / LOCK).exists()


def test_a_demo_that_starts_is_left_alone(run, tmp_path):
    """It has not written who it is yet."""
    with locked(tmp_path / LOCK):
        done = run()
    assert (done.exit_code, "starts or ends on" in done.output) == (2, True)


@pytest.mark.parametrize("swap", ["0.2", "0.2:0.9", "a:b:c"])
def test_an_unknown_version_is_told(run, swap):
    """Only versions of the example can be swapped."""
    done = run(f"--swap={swap}")
    assert (done.exit_code, "0.1, 0.2, 0.3, 0.4" in done.output) == (2, True)


def test_an_unknown_strategy_is_told(run):
    """Only the two that have a shipyard."""
    done = run("--strategy=shadow")
    assert (done.exit_code, "'shadow' is not one of 'blue_green', 'canary'" in done.output) == (2, True)
