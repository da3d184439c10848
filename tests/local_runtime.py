"""A local runtime as a process of its own, on a wiring of the test's; without Envoy and workloads unless asked for.

Run as a script it is that process; `LocalRuntime` starts, kills and stops it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

from tests.waiting import DEADLINE_S, until

ROOT = Path(__file__).parent.parent


class LocalRuntime:
    """root: a folder with `knative/base` and perhaps `functions`. Use as a context manager."""

    def __init__(
        self,
        root: Path,
        *,
        idle_s: float = 60.0,
        broker: str = "durable",
        faults: str = "",
        workloads: bool = False,
        **environment: str,
    ) -> None:
        self.root, self.state_dir = root, root / "state"
        self._arguments = [str(root), str(idle_s), broker, faults, "workloads" if workloads else ""]
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "LocalRuntime":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.state_dir.mkdir(exist_ok=True)
        (self.state_dir / "runtime.json").unlink(missing_ok=True)
        with (self.state_dir / "runtime.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__)), *self._arguments],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._is_up, what="the start of the runtime")

    def _is_up(self) -> bool:
        assert self.process and self.process.poll() is None, self.log
        return (self.state_dir / "runtime.json").exists()

    @property
    def url(self) -> str:
        return str(json.loads((self.state_dir / "runtime.json").read_text())["url"])

    @property
    def broker_url(self) -> str:
        return f"{self.url}/keptn/default"

    @property
    def log(self) -> str:
        return (self.state_dir / "runtime.log").read_text()

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE_S)


def _main(
    root: Path, idle_s: float, broker: Literal["durable", "synchronous"], faults: str, *, workloads: bool
) -> None:
    import logging

    from keptn.local import faults as fault_mode
    from keptn.local.places import Places
    from keptn.local.serve import Options, serve

    logging.basicConfig(level=logging.INFO)
    places = Places(root=root, state_dir=root / "state")
    options = Options(
        places=places, port=0, idle_s=idle_s, broker=broker, faults=fault_mode.parse(faults), workloads=workloads
    )
    asyncio.run(serve(options, ready=lambda url, context: None))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4], workloads=bool(sys.argv[5]))
