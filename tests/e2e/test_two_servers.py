"""Several `keptn local` on one machine: the CLI stays with one, and is told with which."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.sockshop.demo.api import ROOT
from tests.waiting import DEADLINE_S, until

KEPTN = (sys.executable, "-m", "keptn")


class Server:
    """One `keptn local`; what it said is in `said`."""

    def __init__(self, state: Path, home: dict[str, str]) -> None:
        self._log = state.with_suffix(".log")
        with self._log.open("wb") as log:
            command = [*KEPTN, "local", "--port", "0", "--state-dir", str(state)]
            self.process = subprocess.Popen(command, cwd=ROOT, env=home, stdout=log, stderr=log)
        until(lambda: "Go on" in self.said or self.process.poll() is not None, what="the start of keptn local")

    @property
    def said(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=DEADLINE_S) == 0, self.said


@contextmanager
def serving(state: Path, home: dict[str, str]) -> Iterator[Server]:
    server = Server(state, home)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def test_a_second_server_does_not_take_the_cli(tmp_path):
    """The first one keeps it, before, while and after the second runs; chosen, the second has it to its end."""
    home = {**os.environ, "KEPTN_HOME": str(tmp_path / "home")}

    def keptn(*words: str, ok: bool = True) -> str:
        done = subprocess.run([*KEPTN, *words], cwd=ROOT, env=home, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    one, two = tmp_path / "one", tmp_path / "two"
    with serving(one, home) as first:
        assert "The CLI is with it" in first.said
        with serving(two, home) as second:
            assert f"The CLI stays with {one}" in second.said and f"keptn config use-context {two}" in second.said
            refused = subprocess.run(
                [*KEPTN, "local", f"--state-dir={one}"], cwd=ROOT, env=home, capture_output=True, text=True, check=False
            )
            assert "is in use by" in refused.stderr
            keptn("create", "project", "sockshop", "examples/sockshop/shipyard.yaml")
            keptn("config", "use-context", str(two))
            assert "no projects yet" in keptn("get", "project")
            second.stop()
            assert f"keptn config use-context {one}" in second.said
        assert f"keptn config use-context NAME`: {one}" in keptn("get", "project", ok=False)
        keptn("config", "use-context", str(one))
        assert "sockshop" in keptn("get", "project")


def test_a_server_that_is_gone_has_not_got_the_cli(tmp_path):
    """Killed with -9 it is still in the file; the next one takes its place."""
    home = {**os.environ, "KEPTN_HOME": str(tmp_path / "home")}
    first = Server(tmp_path / "one", home)
    first.process.kill()
    first.process.wait()
    try:
        with serving(tmp_path / "two", home) as second:
            assert "The CLI is with it" in second.said
    finally:
        Server(tmp_path / "one", home).stop()  # it adopts Envoy, and ends it
